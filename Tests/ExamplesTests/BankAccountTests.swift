import HoldfastTesting
import Testing

@testable import Examples

@Suite struct BankAccountTests {
    let account = EntityTester<BankAccount>()

    @Test func `deposits and withdrawals add up`() throws {
        #expect(try account.send(BankAccount.Deposit(cents: 500)) == 500)
        #expect(try account.send(BankAccount.Withdraw(cents: 120)) == 380)
        #expect(try account.ask(BankAccount.Balance()) == 380)
        #expect(account.events == [.deposited(cents: 500), .withdrawn(cents: 120)])
    }

    @Test func `an account is never overdrawn`() throws {
        try account.send(BankAccount.Deposit(cents: 500))
        #expect(throws: BankAccount.Denial.overdrawn(balance: 500)) { try account.send(BankAccount.Withdraw(cents: 501)) }
        #expect(account.newestEvents.isEmpty)
        #expect(try account.send(BankAccount.Withdraw(cents: 500)) == 0)
    }
}

extension BankAccountTests {
    @Test(arguments: [0, -1, Int64.min])
    func `an amount must be positive`(cents: Int64) {
        #expect(throws: BankAccount.Denial.notPositive) { try account.send(BankAccount.Deposit(cents: cents)) }
        #expect(throws: BankAccount.Denial.notPositive) { try account.send(BankAccount.Withdraw(cents: cents)) }
    }

    @Test func `a balance stays a 64-bit integer`() throws {
        try account.send(BankAccount.Deposit(cents: .max))
        #expect(throws: BankAccount.Denial.tooMuch) { try account.send(BankAccount.Deposit(cents: 1)) }
    }
}
