internal import Entities
internal import JSON
internal import Shards

/// The gateway's interface in OpenAPI 3.1, with every kind and command that the process runs.
struct APIDescription {
    let kinds: [KindRuntime]

    func json() -> [UInt8] {
        let document: JSONValue = [
            "openapi": "3.1.0",
            "info": [
                "title": "Holdfast", "version": "1",
                "description": "Durable entities over HTTP. Any node answers for any entity.",
            ],
            "paths": .object(JSONObject(paths)),
            "components": [
                "schemas": .object(JSONObject(Self.schemas)), "responses": ["error": Self.error],
                "securitySchemes": ["token": ["type": "http", "scheme": "bearer"]],
            ],
            // Whether a token is needed is the operator's choice.
            "security": [[:], ["token": []]],
        ]
        return document.serialized()
    }

    private var paths: [(String, JSONValue)] {
        var paths: [(String, JSONValue)] = []
        for kind in kinds {
            paths.append(("/v1/entities/\(kind.name)/{id}", ["parameters": [Self.id], "get": Self.state(kind.name)]))
            paths.append(("/v1/entities/\(kind.name)/{id}/events", ["parameters": [Self.id], "get": Self.events(kind.name)]))
            for command in kind.commands {
                let post = Self.command(kind.name, command)
                paths.append(("/v1/entities/\(kind.name)/{id}/\(command)", ["parameters": [Self.id], "post": post]))
            }
        }
        return paths + [
            (
                "/v1/cluster/move",
                [
                    "post": Self.operation(
                        "move", "Make a node the owner of a shard; null gives the choice back",
                        ["required": ["shard"], "properties": ["shard": Self.shard, "node": ["type": ["integer", "null"], "minimum": 0, "maximum": 4_294_967_295]]])
                ]
            ),
            (
                "/v1/cluster/remove",
                [
                    "post": Self.operation(
                        "remove", "Empty a node and take it out of the cluster",
                        ["required": ["node"], "properties": ["node": ["type": "integer", "minimum": 0, "maximum": 4_294_967_295]]])
                ]
            ),
            ("/v1/cluster", ["get": Self.read("cluster", "Members, shards, owners, lag", "Cluster")]),
            ("/healthz", ["get": Self.read("alive", "Whether the process answers", "Health")]),
            ("/readyz", ["get": Self.readiness]),
            ("/metrics", ["get": Self.text("metrics", "Metrics as Prometheus reads them", "text/plain")]),
            ("/openapi.json", ["get": Self.read("description", "This description", "Any")]),
            ("/", ["get": Self.text("dashboard", "The dashboard, a page for people", "text/html")]),
        ]
    }

    // MARK: Operations

    static func command(_ kind: String, _ name: String) -> JSONValue {
        [
            "operationId": .string("\(kind)-\(name)"),
            "summary": .string("Send “\(name)” to one \(kind)"),
            "parameters": [
                [
                    "name": "Idempotency-Key", "in": "header",
                    "description": "The command takes effect once under this key, and every retry gets the first answer.",
                    "schema": ["type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"],
                ]
            ],
            "requestBody": [
                "required": .bool(body(kind, name)["required"] != nil),
                "content": ["application/json": ["schema": body(kind, name)]],
            ],
            "responses": .object(
                JSONObject(
                    [("200", answer("Durable on a majority of the shard's replicas", "Command"))]
                        + errors(
                            [
                                ("400", "The request cannot be read"), ("401", "A token is needed"),
                                ("403", "The token is not for this, or a page of another site sent it"),
                                ("404", "No such kind or command"), ("409", "The key was used for another command"),
                                ("413", "The body is too large"), ("415", "The body is no JSON"),
                                ("422", "The entity refused"), ("500", "The entity's code made what cannot be stored"),
                            ] + unavailable + [("504", "It may have happened: retry under the same key and learn")]))),
        ]
    }

    /// The built-in kind's messages are known; what an application's commands take is its own business.
    private static func body(_ kind: String, _ command: String) -> JSONValue {
        guard kind == Counter.kind, command == "increment" else { return [:] }
        return [
            "type": "object", "required": ["by"],
            "properties": ["by": ["type": "integer", "minimum": .integer(.min), "maximum": .integer(.max)]],
        ]
    }

    private static func state(_ kind: String) -> JSONValue {
        [
            "operationId": .string("\(kind)-state"), "summary": .string("The state of one \(kind), now or as it was"),
            "parameters": [
                consistency,
                [
                    "name": "revision", "in": "query", "description": "The state as it was after that many events.",
                    "schema": ["type": "integer", "minimum": 0, "maximum": .integer(.max)],
                ],
            ],
            "responses": .object(JSONObject([("200", answer("The state", "State"))] + readErrors)),
        ]
    }

    private static func events(_ kind: String) -> JSONValue {
        [
            "operationId": .string("\(kind)-events"),
            "summary": "The entity's events, oldest first; with Accept: text/event-stream also those to come",
            "parameters": [
                consistency,
                [
                    "name": "after", "in": "query", "description": "Only events with a higher revision.",
                    "schema": ["type": "integer", "minimum": 0, "maximum": .integer(.max)],
                ],
                ["name": "limit", "in": "query", "schema": ["type": "integer", "minimum": 1, "maximum": 1_024]],
            ],
            "responses": .object(JSONObject([("200", answer("Events", "Events"))] + readErrors)),
        ]
    }

    private static func operation(_ id: String, _ summary: String, _ body: JSONObject) -> JSONValue {
        var schema = body
        schema["type"] = "object"
        return [
            "operationId": .string(id), "summary": .string(summary),
            "requestBody": ["required": true, "content": ["application/json": ["schema": .object(schema)]]],
            "responses": .object(
                JSONObject(
                    [("202", answer("Decided; it takes its time", "Any"))]
                        + errors(
                            [
                                ("400", "The request cannot be read"), ("401", "A token is needed"),
                                ("403", "The token is not for this, or a page of another site sent it"), ("404", "No such shard or node"),
                                ("409", "The cluster refuses"), ("413", "The body is too large"), ("415", "The body is no JSON"),
                            ] + unavailable))),
        ]
    }

    private static func read(_ id: String, _ summary: String, _ schema: String) -> JSONValue {
        [
            "operationId": .string(id), "summary": .string(summary),
            "responses": .object(JSONObject([("200", answer(summary, schema))] + readErrors)),
        ]
    }

    private static var readiness: JSONValue {
        [
            "operationId": "ready", "summary": "Whether the node should be sent requests; if not, why",
            "responses": ["200": answer("Ready", "Health"), "503": answer("Not ready", "Health"), "400": error],
        ]
    }

    private static func text(_ id: String, _ summary: String, _ type: String) -> JSONValue {
        [
            "operationId": .string(id), "summary": .string(summary),
            "responses": [
                "200": [
                    "description": .string(summary),
                    "content": .object(JSONObject([(type, ["schema": ["type": "string"]] as JSONValue)])),
                ],
                "400": error, "401": error,
            ],
        ]
    }

    // MARK: Parts

    private static let id: JSONValue = [
        "name": "id", "in": "path", "required": true, "description": "1 to 512 bytes of UTF-8.",
        "schema": ["type": "string", "minLength": 1, "maxLength": 512],
    ]

    private static let consistency: JSONValue = [
        "name": "consistency", "in": "query",
        "description": "linearizable: everything answered before is in it. local: what one replica has applied.",
        "schema": ["type": "string", "enum": ["linearizable", "local"]],
    ]

    private static func answer(_ description: String, _ schema: String) -> JSONValue {
        [
            "description": .string(description),
            "content": ["application/json": ["schema": ["$ref": .string("#/components/schemas/\(schema)")]]],
        ]
    }

    private static let error: JSONValue = answer("What is wrong, and under which id", "Error")

    private static let unavailable = [("503", "Nothing happened; try again after Retry-After seconds")]

    private static let readErrors = errors(
        [
            ("400", "The request cannot be read"), ("401", "A token is needed"), ("404", "No such kind or revision"),
            ("410", "The history is trimmed"), ("500", "The entity cannot be read"),
        ] + unavailable)

    private static func errors(_ list: [(String, String)]) -> [(String, JSONValue)] {
        list.map { ($0.0, answer($0.1, "Error")) }
    }

    private static let count: JSONValue = ["type": "integer", "minimum": 0]
    /// `KIND/NUMBER`.
    private static let shard: JSONValue = ["type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_-]{0,63}/(0|[1-9][0-9]{0,3})$"]
    private static let text: JSONValue = ["type": "string"]

    private static let schemas: [(String, JSONValue)] = [
        ("Any", [:]),
        ("Command", object(["reply": [:], "receipt": object(["shard": text, "index": count, "term": count, "revision": count])])),
        ("State", object(["state": [:], "revision": count])),
        ("Events", object(["events": ["type": "array", "items": event], "more": ["type": "boolean"]])),
        ("Health", object(["status": text], optional: ["reasons": ["type": "array", "items": text]])),
        (
            "Cluster",
            object([
                "cluster": text, "coordinator": count, "settled": ["type": "boolean"],
                "members": ["type": "array", "items": ["type": "object"]],
                "shards": ["type": "array", "items": ["type": "object"]],
            ])
        ),
        ("Error", object(["error": object(["code": text, "message": text, "requestID": text], optional: ["refusal": [:]])])),
    ]

    private static let event = object(
        ["revision": count, "data": [:], "index": count, "term": count, "recordedAt": text],
        optional: ["type": text, "requestID": text])

    private static func object(
        _ required: KeyValuePairs<String, JSONValue>, optional: KeyValuePairs<String, JSONValue> = [:]
    ) -> JSONValue {
        [
            "type": "object", "required": .array(required.map { .string($0.key) }),
            "properties": .object(JSONObject((Array(required) + Array(optional)).map { ($0.key, $0.value) })),
        ]
    }
}
