import CLI

/// The `holdfast` binary.
@main
struct Binary {
    static func main() async { await Program.builtIn.main() }
}
