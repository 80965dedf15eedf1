@main
struct HoldfastCommand {
    static func main() {}
}
