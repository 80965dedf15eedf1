internal import Engine
internal import Entities
internal import Primitives

/// A way to ask the cluster: over the network (`Cluster`), or through the node of this process (`Node`).
protocol RequestChannel: AnyObject, Sendable {
    /// Retries until an answer or the deadline, always under the same request id.
    func call(_ request: Request, timeout: Duration) async -> Response
}

extension Duration {
    /// Whole nanoseconds; saturates at 292 years.
    var span: Span {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? Span(nanoseconds: .max / 2) : Span(nanoseconds: whole + attoseconds / 1_000_000_000)
    }
}
