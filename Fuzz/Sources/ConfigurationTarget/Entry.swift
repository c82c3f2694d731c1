import CFuzzer
import Configuration

/// The package manager's name for `main`. libFuzzer's own would leave no place for it.
@c(ConfigurationTarget_main)
public func main(_ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Int32 {
    var (count, arguments) = unsafe (count, arguments)
    return unsafe LLVMFuzzerRunDriver(&count, &arguments) { start, count in
        // The bytes are only read, during the call.
        checkConfiguration(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
        return 0
    }
}

/// Whatever the text, reading ends with a configuration or with problems, each at a place within the text.
private func checkConfiguration(_ input: [UInt8]) {
    let text = String(decoding: input, as: UTF8.self)
    let result = Configuration.parse(text: text, file: "fuzz.toml")
    let hasError = result.problems.contains { $0.severity == .error }
    precondition((result.configuration == nil) == hasError, "an error without a reason, or a reason without an error")
}
