import CFuzzer
import HTTP

/// The package manager's name for `main`. libFuzzer's own would leave no place for it.
@c(ResponseHeadTarget_main)
public func main(_ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Int32 {
    var (count, arguments) = unsafe (count, arguments)
    return unsafe LLVMFuzzerRunDriver(&count, &arguments) { start, count in
        // The bytes are only read, during the call.
        checkResponse(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
        return 0
    }
}

/// Whole and cut delivery must agree; what is forwarded must parse to the same answer again.
private func checkResponse(_ input: [UInt8]) {
    let whole = ResponseHead()
    var limits = HeadLimits()
    limits.maxFields = 200
    let outcome = parse(input, whole, step: input.count, limits)
    for step in [1, 5] {
        precondition(parse(input, ResponseHead(), step: step, limits) == outcome, "the outcome depends on the delivery")
    }
    guard case .head = outcome, !whole.isInterim, whole.status != 101 else { return }
    guard let framing = try? BodyFraming.ofResponse(whole, to: .get) else { return }
    var out: [UInt8] = []
    let sent = framing.forClient(minorVersion: 1)
    out.append(addingCapacity: 1 << 18) {
        ForwardedHead.writeResponse(
            whole, ClientAnswer(framing: sent, clientMinorVersion: 1, closes: false), policy: ResponseFieldPolicy(), to: &$0)
    }
    let again = ResponseHead()
    // What is forwarded is longer than what came: fields are added.
    limits.maxFields += 10
    limits.maxHeadBytes += 1024
    guard case .head(out.count) = parse(out, again, step: out.count, limits) else {
        preconditionFailure("what is forwarded is not an answer")
    }
    precondition(again.status == whole.status)
    precondition((try? BodyFraming.ofResponse(again, to: .get)) == sent || sent == .none, "the framing has changed")
}

private enum Outcome: Equatable {
    case head(Int)
    case incomplete
    case refused(HTTPRefusal)
}

private func parse(_ input: [UInt8], _ head: ResponseHead, step: Int, _ limits: HeadLimits) -> Outcome {
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
