/// What the log says of an exchange that went its way: what its client, or its operator, may have expected otherwise. It decides
/// no status, is nobody's fault, and stands in no answer. The raw value is the stable word, which docs/reasons.md explains.
enum ExchangeRemark: String, Sendable, CaseIterable {
    case webSocketNotEnabled = "websocket_not_enabled"
}
