import ArgumentParser
import Gateway

struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make, list and revoke the tokens of HTTP.",
        discussion: """
            The file holds names, roles and hashes; a token itself is shown once, when it is made. A node that was started with \
            --http-tokens FILE takes up a changed file within seconds.
            """,
        subcommands: [TokenCreate.self, TokenList.self, TokenRevoke.self])
}

struct TokenOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The file of the tokens; made if it is not there.", valueName: "file"))
    var file = "tokens.json"

    @OptionGroup var output: OutputOptions
}

struct TokenCreate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a token, show it, and keep its hash.",
        discussion: """
            read: states, events, the cluster, metrics. write: commands to entities as well. operate: changes to the cluster as well.
            """)

    @Argument(help: "A name for it, by which it can be revoked.")
    var name: String

    @Option(help: ArgumentHelp("read, write or operate.", valueName: "role"), transform: Self.parseRole)
    var role: AccessRole

    @OptionGroup var options: TokenOptions

    func run() throws {
        guard AccessTokens.nameBytes.contains(name.utf8.count) else {
            throw CommandFailure.usage("the name of a token has \(AccessTokens.nameBytes.lowerBound) to \(AccessTokens.nameBytes.upperBound) bytes")
        }
        let file = TokenFile(path: options.file)
        var tokens = try file.read(orMake: true)
        guard let token = tokens.create(name: name, role: role, created: TokenFile.now) else {
            throw CommandFailure.usage("there is a token named “\(name)” in \(options.file) already; revoke it, or choose another name")
        }
        try file.write(tokens)
        if options.output.json {
            StandardOutput.json(Created(name: name, role: role, token: token))
        } else {
            StandardOutput.line(token)
        }
    }

    static func parseRole(_ text: String) throws -> AccessRole {
        if let role = AccessRole(rawValue: text) { return role }
        throw ValidationError("it must be \(AccessRole.allCases.map(\.rawValue).joined(separator: ", ")).")
    }

    private struct Created: Encodable {
        var name: String
        var role: AccessRole
        var token: String
    }
}

struct TokenList: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Show names and roles.")

    @OptionGroup var options: TokenOptions

    func run() throws {
        let tokens = try TokenFile(path: options.file).read().tokens
        if options.output.json {
            for token in tokens { StandardOutput.json(Listed(name: token.name, role: token.role, created: token.created)) }
        } else {
            var table = TextTable(("NAME", .left), ("ROLE", .left), ("CREATED", .left))
            for token in tokens { table.add(token.name, token.role.rawValue, token.created) }
            table.print()
        }
    }

    private struct Listed: Encodable {
        var name: String
        var role: AccessRole
        var created: String
    }
}

struct TokenRevoke: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Take a token out of the file: it is refused from then on.")

    @Argument(help: "The token's name.")
    var name: String

    @OptionGroup var options: TokenOptions

    func run() throws {
        let file = TokenFile(path: options.file)
        var tokens = try file.read()
        guard tokens.revoke(name: name) else {
            throw CommandFailure.noSuchThing("there is no token named “\(name)” in \(options.file)")
        }
        try file.write(tokens)
        if options.output.json {
            StandardOutput.json(Revoked(revoked: name))
        } else {
            StandardOutput.line("\(name) is revoked")
        }
    }

    private struct Revoked: Encodable { var revoked: String }
}
