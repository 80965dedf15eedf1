public import JSON

// What the compiler makes for `Codable` is enough for any entity. The counter is what speed is measured with, so it also shows the
// way to skip the containers of `Codable`. Both give the same bytes; a test holds them together.

extension Counter: DirectJSON {
    public init(json: JSONReader) throws { balance = try json.member("balance").int64() }

    public func write(to json: inout JSONWriter) {
        json.object { $0.member("balance", balance) }
    }
}

extension Counter.Event: DirectJSON {
    public init(json: JSONReader) throws {
        let (name, fields) = try json.onlyMember()
        guard name == "incremented" else { throw json.unknownCase() }
        self = .incremented(by: try fields.member("by").int64())
    }

    public func write(to json: inout JSONWriter) {
        switch self {
        case .incremented(let amount):
            json.object { $0.object("incremented") { $0.member("by", amount) } }
        }
    }
}

extension Counter.Increment: DirectJSON {
    public init(json: JSONReader) throws { by = try json.member("by").int64() }

    public func write(to json: inout JSONWriter) {
        json.object { $0.member("by", by) }
    }
}

extension Counter.Balance: DirectJSON {
    public init(json: JSONReader) throws { try json.requireObject() }

    public func write(to json: inout JSONWriter) {
        json.object { _ in }
    }
}
