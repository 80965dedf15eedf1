import Holdfast
import HoldfastCommands

/// A node with these entities, and the commands that look after it: `holdfast-examples node --data data/1`.
@main
struct Program {
    static func main() async {
        await HoldfastProgram(name: "holdfast-examples", kinds: [BankAccount.self, ShoppingCart.self, RateLimiter.self]).run()
    }
}
