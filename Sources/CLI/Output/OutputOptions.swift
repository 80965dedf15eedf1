import ArgumentParser

struct OutputOptions: ParsableArguments {
    @Flag(help: "Print JSON: one object, or one a line. Errors too, on standard error.")
    var json = false
}
