import CFuzzer
import HTTP

/// The package manager's name for `main`. libFuzzer's own would leave no place for it.
@c(RequestHeadTarget_main)
public func main(_ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Int32 {
    var (count, arguments) = unsafe (count, arguments)
    return unsafe LLVMFuzzerRunDriver(&count, &arguments) { start, count in
        // The bytes are only read, during the call.
        checkRequest(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
        return 0
    }
}

/// Whole and byte by byte must agree; what is forwarded must parse to the same request again.
private func checkRequest(_ input: [UInt8]) {
    let limits = HeadLimits()
    let whole = RequestHead()
    let outcome = parse(input, whole, step: input.count, limits)
    for step in [1, 7] {
        let cut = RequestHead()
        precondition(parse(input, cut, step: step, limits) == outcome, "the outcome depends on the delivery")
    }
    guard case .head = outcome, whole.form != .authority else { return }
    let forwarded = write(whole)
    let again = RequestHead()
    guard case .head(forwarded.count) = parse(forwarded, again, step: forwarded.count, HeadLimits.generous) else {
        preconditionFailure("what is forwarded is not a request")
    }
    precondition(again.framing == whole.framing, "the framing has changed")
    precondition(again.methodText == whole.methodText)
    precondition(again.string(again.pathAndQuery) == whole.string(whole.pathAndQuery))
    precondition(write(again, isSecond: true) == write(again, isSecond: true))
}

private enum Outcome: Equatable {
    case head(Int)
    case incomplete
    case refused(HTTPRefusal)
}

private func parse(_ input: [UInt8], _ head: RequestHead, step: Int, _ limits: HeadLimits) -> Outcome {
    do throws(HTTPRefusal) {
        var length = 0
        repeat {
            length = min(input.count, length + max(1, step))
            if let consumed = try head.parse(input.span.extracting(0..<length), limits: limits) { return .head(consumed) }
        } while length < input.count
        return .incomplete
    } catch {
        return .refused(error)
    }
}

private func write(_ head: RequestHead, isSecond: Bool = false) -> [UInt8] {
    var out: [UInt8] = []
    guard let rewrite = PathRewrite() else { return [] }
    let request = UpstreamRequest(
        target: UpstreamTarget(authority: Array("upstream.test".utf8), rewrite: rewrite), remainder: 0, framing: head.framing)
    let client = ClientPeer(address: IPAddress("192.0.2.1"), port: 1, scheme: .https, listenerPort: 443, isTrusted: isSecond)
    out.append(addingCapacity: 1 << 20) {
        ForwardedHead.writeRequest(head, request, policy: RequestFieldPolicy(), client: client, to: &$0)
    }
    return out
}

extension HeadLimits {
    /// What is forwarded is longer than what came: forwarding fields are added.
    fileprivate static var generous: HeadLimits {
        var limits = HeadLimits()
        limits.maxHeadBytes = 1 << 20
        limits.maxTargetBytes = 1 << 18
        limits.maxFields = 1000
        limits.maxFieldBytes = 1 << 18
        return limits
    }
}
