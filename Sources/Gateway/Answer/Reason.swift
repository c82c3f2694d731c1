import HTTP

/// Why an exchange did not end as it should, why an answer is the gateway's own, or how a tunnel ended: a closed set. The access
/// log and `Proxy-Status` say its words, and docs/reasons.md has them all.
enum Reason: Hashable, Sendable {
    /// A message that breaks the rules.
    case message(HTTPRefusal)
    /// Anything else that happens to an exchange.
    case exchange(ExchangeReason)
    case remark(ExchangeRemark)
    case tunnel(TunnelEnding.Reason)

    /// The stable word.
    var word: String {
        switch self {
        case .message(let refusal): refusal.code
        case .exchange(let reason): reason.rawValue
        case .remark(let remark): remark.rawValue
        case .tunnel(let reason): reason.rawValue
        }
    }

    /// The registered error type nearest to it; nil where nothing is wrong, or where no head can say it any more.
    var proxyError: ProxyError? {
        switch self {
        case .message(let refusal): refusal.sender == .client ? .request : .protocolError
        case .exchange(let reason): reason.proxyError
        case .remark, .tunnel: nil
        }
    }
}

extension Reason: CaseIterable {
    static var allCases: [Reason] {
        RefusalReason.allCases.flatMap { [.message(HTTPRefusal($0)), .message(HTTPRefusal($0, from: .upstream))] }
            + ExchangeReason.allCases.map { .exchange($0) } + ExchangeRemark.allCases.map { .remark($0) }
            + TunnelEnding.Reason.allCases.map { .tunnel($0) }
    }
}
