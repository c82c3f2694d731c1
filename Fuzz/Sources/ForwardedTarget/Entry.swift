import CFuzzer
import HTTP

/// The package manager's name for `main`. libFuzzer's own would leave no place for it.
@c(ForwardedTarget_main)
public func main(_ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Int32 {
    var (count, arguments) = unsafe (count, arguments)
    return unsafe LLVMFuzzerRunDriver(&count, &arguments) { start, count in
        // The bytes are only read, during the call.
        checkForwarded(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
        return 0
    }
}

/// The bytes are the lines of `X-Forwarded-For` and `Forwarded` of a request. The address found is never one that a trusted proxy
/// vouches for another by, and what is written is one well-formed request with exactly our own statement at the end.
private func checkForwarded(_ input: [UInt8]) {
    let parts = input.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
    var bytes = Array("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: ".utf8) + (parts.first ?? [])
    bytes += Array("\r\nForwarded: ".utf8) + (parts.count > 1 ? parts[1] : []) + Array("\r\n\r\n".utf8)
    let head = RequestHead()
    guard let consumed = try? head.parse(bytes.span, limits: HeadLimits()), consumed == bytes.count else { return }
    guard let peer = IPAddress("10.0.0.1"), let block = CIDR("10.0.0.0/8"), let rewrite = PathRewrite() else { return }
    let untrusted = ForwardedChain.clientAddress(head.fields, peer: peer, trusted: [])
    precondition(untrusted == peer, "an untrusted peer is believed")
    let found = ForwardedChain.clientAddress(head.fields, peer: peer, trusted: [block])
    precondition(IPAddress(found.text) == found, "an address is not read as it is written")
    for isTrusted in [true, false] {
        var out: [UInt8] = []
        let request = UpstreamRequest(
            target: UpstreamTarget(authority: [0x61], rewrite: rewrite), remainder: 0, framing: head.framing)
        let client = ClientPeer(address: peer, port: 1, scheme: .https, listenerPort: 443, isTrusted: isTrusted)
        out.append(addingCapacity: 1 << 18) {
            ForwardedHead.writeRequest(head, request, policy: RequestFieldPolicy(), client: client, to: &$0)
        }
        let again = RequestHead()
        var limits = HeadLimits()
        limits.maxFieldBytes = 1 << 16
        limits.maxHeadBytes = 1 << 18
        guard (try? again.parse(out.span, limits: limits)) == out.count else { preconditionFailure("not a request") }
        let seen = ForwardedChain.clientAddress(again.fields, peer: peer, trusted: [])
        precondition(seen == peer)
    }
}
