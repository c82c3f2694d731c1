import CFuzzer
import OtherReader
import Protection
import Synchronization

/// The package manager's name for `main`. libFuzzer's own would leave no place for it.
@c(JSONTextTarget_main)
public func main(_ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Int32 {
    var (count, arguments) = unsafe (count, arguments)
    return unsafe LLVMFuzzerRunDriver(&count, &arguments) { start, count in
        // The bytes are only read, during the call.
        checkJSON(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
        return 0
    }
}

/// What a text says must be what Python's json makes of it, told to refuse what we refuse.
private func checkJSON(_ input: [UInt8]) {
    let other = otherReader.withLock { $0.answer(to: hexadecimal(input.span)) }
    guard let value = JSONText(input) else { return precondition(other == "error", "Python reads \(other), we nothing") }
    let words = words(of: value)
    precondition(words == other, "Python reads \(other), we \(words)")
    // Nothing of it depends on what stands around it.
    precondition(JSONText([0x20] + input + [0x0A]) == value)
}

/// A text for each value, of members sorted by their names' bytes.
private func words(of value: JSONText) -> String {
    switch value {
    case .null: "null"
    case .boolean(let isTrue): isTrue ? "true" : "false"
    case .number(let number): "n" + String(number.bitPattern, radix: 16)
    case .string(let text): "s" + hexadecimal(Array(text.utf8).span)
    case .array(let elements): "[" + elements.map(words).joined(separator: ",") + "]"
    case .object(let members):
        "{" + members.map { (hexadecimal(Array($0.key.utf8).span), words(of: $0.value)) }.sorted { $0.0 < $1.0 }
            .map { "\($0.0):\($0.1)" }.joined(separator: ",") + "}"
    }
}

private let otherReader = Mutex(OtherReader("Tests/ProtectionTests/Python/json_peer.py", "judge"))
