import Holdfast

/// An account, in cents, that is never overdrawn.
struct BankAccount: Entity {
    static let kind = "account"
    static let commands: Commands<Self> = ["deposit": Deposit.self, "withdraw": Withdraw.self]
    static let queries: Queries<Self> = ["balance": Balance.self]

    var balance: Int64 = 0

    /// What is kept for ever. An event is a fact, so `apply` cannot refuse it; what may fail was checked by the command.
    enum Event: Codable, Hashable, Sendable {
        case deposited(cents: Int64)
        case withdrawn(cents: Int64)
    }

    mutating func apply(_ event: Event) {
        switch event {
        case .deposited(let cents): balance += cents
        case .withdrawn(let cents): balance -= cents
        }
    }
}

extension BankAccount {
    /// Replies with the new balance.
    struct Deposit: Command {
        var cents: Int64

        func decide(_ account: BankAccount) throws(Denial) -> Decision<Event, Int64> {
            guard cents > 0 else { throw .notPositive }
            // The number comes from outside, and an overflow would end the process.
            let (balance, isOverflow) = account.balance.addingReportingOverflow(cents)
            guard !isOverflow else { throw .tooMuch }
            return Decision(.deposited(cents: cents), reply: balance)
        }
    }

    /// Replies with the new balance.
    struct Withdraw: Command {
        var cents: Int64

        func decide(_ account: BankAccount) throws(Denial) -> Decision<Event, Int64> {
            guard cents > 0 else { throw .notPositive }
            guard cents <= account.balance else { throw .overdrawn(balance: account.balance) }
            return Decision(.withdrawn(cents: cents), reply: account.balance - cents)
        }
    }

    /// Replies with the balance.
    struct Balance: Query {
        func answer(_ account: BankAccount) -> Int64 { account.balance }
    }

    /// Why the account said no. Callers get it as it is; its description is the message that people see.
    enum Denial: Error, Codable, Hashable, CustomStringConvertible {
        case notPositive
        case overdrawn(balance: Int64)
        case tooMuch

        var description: String {
            switch self {
            case .notPositive: "an amount must be positive"
            case .overdrawn(let balance): "there are only \(balance) cents"
            case .tooMuch: "the account cannot hold that much"
            }
        }
    }
}
