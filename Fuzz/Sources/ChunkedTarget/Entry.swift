import CFuzzer
import HTTP

/// The package manager's name for `main`. libFuzzer's own would leave no place for it.
@c(ChunkedTarget_main)
public func main(_ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Int32 {
    var (count, arguments) = unsafe (count, arguments)
    return unsafe LLVMFuzzerRunDriver(&count, &arguments) { start, count in
        // The bytes are only read, during the call.
        checkChunked(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
        return 0
    }
}

/// What a body decodes to, and where it ends, must not depend on the delivery; encoded again it must decode to the same.
private func checkChunked(_ input: [UInt8]) {
    let whole = decode(input, step: input.count)
    for step in [1, 3] { precondition(decode(input, step: step) == whole, "the outcome depends on the delivery") }
    guard whole.end != nil else { return }
    var again: [UInt8] = []
    if !whole.payload.isEmpty {
        again.append(addingCapacity: 20) { ChunkedEncoder.write(sizeLine: whole.payload.count, to: &$0) }
        again += whole.payload + Array("\r\n".utf8)
    }
    again.append(addingCapacity: 20) { ChunkedEncoder.writeEnd(trailers: nil, to: &$0) }
    let second = decode(again, step: 2)
    precondition(second.payload == whole.payload)
    precondition(second.end == again.count)
}

private struct Decoded: Equatable {
    var payload: [UInt8] = []
    var end: Int?
    var refusal: HTTPRefusal?
}

private func decode(_ input: [UInt8], step: Int) -> Decoded {
    var decoder = ChunkedDecoder(from: .client)
    var decoded = Decoded()
    var from = 0
    var length = 0
    do throws(HTTPRefusal) {
        while length < input.count {
            length = min(input.count, length + max(1, step))
            var needsMore = false
            while !needsMore {
                switch try decoder.next(input.span.extracting(0..<length), from: from) {
                case .data(let range):
                    decoded.payload += input[range]
                    from = range.upperBound
                case .needsMore(let consumed):
                    precondition(consumed == length)
                    from = consumed
                    needsMore = true
                case .end(let consumed):
                    decoded.end = consumed
                    return decoded
                }
            }
        }
    } catch {
        // Payload before the refused byte was passed on already or not, as it came.
        decoded.payload = []
        decoded.refusal = error
    }
    return decoded
}
