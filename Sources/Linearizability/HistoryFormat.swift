public import JSON
internal import Primitives

/// A history as text: one JSON object a line, in any order.
///
/// ```json
/// {"entity":"c3","do":"increment","by":1,"from":1523000,"to":2741000,"outcome":"ok","value":7,"caller":4,"request":"3f…/12"}
/// {"entity":"c3","do":"read","from":1523000,"to":1904000,"outcome":"ok","value":6,"caller":9}
/// {"entity":"c3","do":"increment","by":1,"from":1523000,"outcome":"unknown","caller":5,"request":"a0…/3"}
/// ```
/// `from` and `to` are nanoseconds on one monotonic clock; `outcome` is `ok` (with `value`), `not-committed` or `unknown` (without `to`).
public enum HistoryFormat {
    public static func encode(_ operations: [Operation]) throws(JSONError) -> [UInt8] {
        var bytes: [UInt8] = []
        for operation in operations {
            bytes += try JSON.encode(Line(operation))
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }

    /// - Throws: for the first line that is no operation, with its number.
    public static func decode(_ bytes: [UInt8]) throws(HistoryError) -> [Operation] {
        var operations: [Operation] = []
        for (offset, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            guard !line.isEmpty else { continue }
            let fields: Line
            do throws(JSONError) {
                fields = try JSON.decode(Line.self, from: Array(line))
            } catch {
                throw HistoryError("line \(offset + 1) of the history: \(error)")
            }
            guard let operation = Operation(fields) else {
                throw HistoryError("line \(offset + 1) of the history is no operation")
            }
            operations.append(operation)
        }
        return operations
    }

    struct Line: Codable {
        var entity: String
        var `do`: String
        var by: Int64?
        var from: Int64
        var to: Int64?
        var outcome: String
        var value: Int64?
        var caller: Int
        var request: String?
    }
}

/// A text that is no history.
public struct HistoryError: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String
    init(_ description: String) { self.description = description }
}

extension HistoryFormat.Line {
    init(_ operation: Operation) {
        entity = operation.entity
        switch operation.action {
        case .increment(let amount): (self.do, by) = ("increment", amount)
        case .read: (self.do, by) = ("read", nil)
        }
        from = operation.invoked.nanoseconds
        to = operation.responded == .distantFuture ? nil : operation.responded.nanoseconds
        switch operation.outcome {
        case .ok(let answer): (outcome, value) = ("ok", answer)
        case .notCommitted: (outcome, value) = ("not-committed", nil)
        case .unknown: (outcome, value) = ("unknown", nil)
        }
        caller = operation.caller
        request = operation.request
    }
}

extension Operation {
    init?(_ line: HistoryFormat.Line) {
        let action: Action
        switch (line.do, line.by) {
        case ("increment", let by?): action = .increment(by: by)
        case ("read", nil): action = .read
        default: return nil
        }
        let outcome: Outcome
        switch (line.outcome, line.value) {
        case ("ok", let value?) where line.to != nil: outcome = .ok(value)
        case ("not-committed", nil): outcome = .notCommitted
        case ("unknown", nil): outcome = .unknown
        default: return nil
        }
        self.init(
            entity: line.entity, action: action, invoked: Instant(nanoseconds: line.from),
            responded: line.to.map { Instant(nanoseconds: $0) } ?? .distantFuture, outcome: outcome,
            caller: line.caller, request: line.request)
    }
}
