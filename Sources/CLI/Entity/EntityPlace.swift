import ArgumentParser
import Engine

/// Which entity.
struct EntityPlace: ParsableArguments {
    @Argument(help: "The entity's kind, as in counter.")
    var kind: String

    @Argument(help: ArgumentHelp("The entity: 1 to 512 bytes of UTF-8.", valueName: "id"))
    var id: String
}

/// What a read may show.
enum ConsistencyName: String, ExpressibleByArgument, CaseIterable {
    case linearizable, local

    var consistency: Consistency { self == .local ? .local : .linearizable }
}
