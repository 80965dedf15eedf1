import Holdfast

/// A cart that is filled, emptied and checked out: once, however often the customer presses the button.
struct ShoppingCart: Entity {
    static let kind = "cart"
    static let commands: Commands<Self> = ["add": Add.self, "remove": Remove.self, "check-out": CheckOut.self]
    static let queries: Queries<Self> = ["content": Content.self]

    /// How many of each article. A dictionary is stored in the order of its keys, so replicas have the same bytes.
    var quantities: [String: Int] = [:]
    var isCheckedOut = false

    enum Event: Codable, Hashable, Sendable {
        case added(article: String, quantity: Int)
        case removed(article: String, quantity: Int)
        case checkedOut
    }

    mutating func apply(_ event: Event) {
        switch event {
        case .added(let article, let quantity): quantities[article, default: 0] += quantity
        case .removed(let article, let quantity):
            let left = quantities[article, default: 0] - quantity
            quantities[article] = left > 0 ? left : nil
        case .checkedOut: isCheckedOut = true
        }
    }

    /// Bounds keep the state small: it is read and written as a whole.
    static let articlesMax = 100
    static let quantityMax = 999
}

extension ShoppingCart {
    /// Replies with how many of the article are in the cart now.
    struct Add: Command {
        var article: String
        var quantity: Int

        func decide(_ cart: ShoppingCart) throws(Denial) -> Decision<Event, Int> {
            guard !cart.isCheckedOut else { throw .checkedOut }
            guard (1...ShoppingCart.quantityMax).contains(quantity), (1...64).contains(article.utf8.count) else { throw .malformed }
            let present = cart.quantities[article, default: 0]
            let isNew = present == 0
            guard present + quantity <= ShoppingCart.quantityMax, !isNew || cart.quantities.count < ShoppingCart.articlesMax else {
                throw .full
            }
            return Decision(.added(article: article, quantity: quantity), reply: present + quantity)
        }
    }

    /// Replies with how many of the article are left.
    struct Remove: Command {
        var article: String
        var quantity: Int

        func decide(_ cart: ShoppingCart) throws(Denial) -> Decision<Event, Int> {
            guard !cart.isCheckedOut else { throw .checkedOut }
            guard quantity > 0 else { throw .malformed }
            let present = cart.quantities[article, default: 0]
            guard quantity <= present else { throw .notThere(present: present) }
            return Decision(.removed(article: article, quantity: quantity), reply: present - quantity)
        }
    }

    /// Replies with what was bought. A second time is refused; a retry under the same request id gets the first answer.
    struct CheckOut: Command {
        func decide(_ cart: ShoppingCart) throws(Denial) -> Decision<Event, [String: Int]> {
            guard !cart.isCheckedOut else { throw .checkedOut }
            guard !cart.quantities.isEmpty else { throw .empty }
            return Decision(.checkedOut, reply: cart.quantities)
        }
    }

    struct Content: Query {
        func answer(_ cart: ShoppingCart) -> [String: Int] { cart.quantities }
    }

    enum Denial: Error, Codable, Hashable, CustomStringConvertible {
        case checkedOut, empty, full, malformed
        case notThere(present: Int)

        var description: String {
            switch self {
            case .checkedOut: "the cart has been checked out"
            case .empty: "the cart is empty"
            case .full: "a cart holds \(articlesMax) articles, \(quantityMax) of each"
            case .malformed: "an article has 1 to 64 bytes, a quantity is from 1 to \(quantityMax)"
            case .notThere(let present): "the cart has only \(present) of it"
            }
        }
    }
}
