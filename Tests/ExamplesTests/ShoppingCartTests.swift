import HoldfastTesting
import Testing

@testable import Examples

@Suite struct ShoppingCartTests {
    let cart = EntityTester<ShoppingCart>()

    @Test func `articles are added and removed`() throws {
        #expect(try cart.send(ShoppingCart.Add(article: "tea", quantity: 2)) == 2)
        #expect(try cart.send(ShoppingCart.Add(article: "tea", quantity: 1)) == 3)
        #expect(try cart.send(ShoppingCart.Add(article: "cup", quantity: 1)) == 1)
        #expect(try cart.send(ShoppingCart.Remove(article: "cup", quantity: 1)) == 0)
        #expect(try cart.ask(ShoppingCart.Content()) == ["tea": 3])
        #expect(throws: ShoppingCart.Denial.notThere(present: 3)) { try cart.send(ShoppingCart.Remove(article: "tea", quantity: 4)) }
        #expect(throws: ShoppingCart.Denial.notThere(present: 0)) { try cart.send(ShoppingCart.Remove(article: "cup", quantity: 1)) }
    }

    @Test func `a cart is checked out once, and closed from then on`() throws {
        #expect(throws: ShoppingCart.Denial.empty) { try cart.send(ShoppingCart.CheckOut()) }
        try cart.send(ShoppingCart.Add(article: "tea", quantity: 2))
        #expect(try cart.send(ShoppingCart.CheckOut()) == ["tea": 2])
        #expect(throws: ShoppingCart.Denial.checkedOut) { try cart.send(ShoppingCart.CheckOut()) }
        #expect(throws: ShoppingCart.Denial.checkedOut) { try cart.send(ShoppingCart.Add(article: "cup", quantity: 1)) }
        #expect(throws: ShoppingCart.Denial.checkedOut) { try cart.send(ShoppingCart.Remove(article: "tea", quantity: 1)) }
    }

    @Test func `a cart keeps its bounds`() throws {
        #expect(throws: ShoppingCart.Denial.malformed) { try cart.send(ShoppingCart.Add(article: "tea", quantity: .max)) }
        #expect(throws: ShoppingCart.Denial.malformed) { try cart.send(ShoppingCart.Add(article: "", quantity: 1)) }
        #expect(throws: ShoppingCart.Denial.malformed) { try cart.send(ShoppingCart.Remove(article: "tea", quantity: .min)) }
        try cart.send(ShoppingCart.Add(article: "tea", quantity: 999))
        #expect(throws: ShoppingCart.Denial.full) { try cart.send(ShoppingCart.Add(article: "tea", quantity: 1)) }
        for number in 1..<ShoppingCart.articlesMax { try cart.send(ShoppingCart.Add(article: "\(number)", quantity: 1)) }
        #expect(throws: ShoppingCart.Denial.full) { try cart.send(ShoppingCart.Add(article: "one more", quantity: 1)) }
    }
}
