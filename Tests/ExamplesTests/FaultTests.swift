import HoldfastTesting
import Testing

@testable import Examples

/// The cart and the limiter under the simulator; the account is in `Tests/EndToEnd`, where it is killed as well.
@Suite struct FaultTests {
    @Test func `every simulated fault leaves carts within their bounds`() async throws {
        let workload = Workload<ShoppingCart> { random in
            let article = ["tea", "cup", "spoon"].randomElement(using: &random)!
            let quantity = Int.random(in: 1...300, using: &random)
            switch Int.random(in: 0..<40, using: &random) {
            case 0: return ShoppingCart.CheckOut()
            case 1..<15: return ShoppingCart.Remove(article: article, quantity: quantity)
            default: return ShoppingCart.Add(article: article, quantity: quantity)
            }
        } query: { _ in
            ShoppingCart.Content()
        } invariant: { cart in
            cart.quantities.values.allSatisfy { (1...ShoppingCart.quantityMax).contains($0) }
        }
        #expect(try await workload.simulate(seeds: 1...4).operations > 200)
    }

    @Test func `every simulated fault leaves buckets neither below empty nor above full`() async throws {
        let workload = Workload<RateLimiter> { random in
            let now = Int64.random(in: 0...100_000, using: &random)
            guard Int.random(in: 0..<10, using: &random) == 0 else {
                return RateLimiter.Take(tokens: .random(in: 1...12, using: &random), now: now)
            }
            return RateLimiter.Configure(
                burst: .random(in: 1...20, using: &random), perSecond: .random(in: 1...5, using: &random), now: now)
        } invariant: { limiter in
            (0...limiter.burst * 1_000).contains(limiter.level)
        }
        #expect(try await workload.simulate(seeds: 1...4).operations > 200)
    }
}
