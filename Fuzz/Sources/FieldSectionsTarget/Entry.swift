import CFuzzer
import Glibc
import HTTP2
import Synchronization

/// The package manager's name for `main`. libFuzzer's own would leave no place for it.
@c(FieldSectionsTarget_main)
public func main(_ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Int32 {
    var (count, arguments) = unsafe (count, arguments)
    return unsafe LLVMFuzzerRunDriver(&count, &arguments) { start, count in
        // The bytes are only read, during the call.
        checkFieldSections(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
        return 0
    }
}

/// What sections decode to must not depend on how they are cut, and must be what the Python package hpack makes of them.
private func checkFieldSections(_ input: [UInt8]) {
    let sections = sections(of: input)
    let whole = decode(sections, step: .max)
    for step in [1, 3] { precondition(decode(sections, step: step) == whole, "the outcome depends on the delivery") }
    let other = otherDecoder.withLock { $0.judge(sections) }
    // We take no number of so many bytes, however small it is.
    if other.last == "overlong", whole.last == "error", other.count == whole.count {
        precondition(other.dropLast() == whole.dropLast(), "hpack reads \(other), we \(whole)")
    } else {
        precondition(other == whole, "hpack reads \(other), we \(whole)")
    }
}

/// Each is as long as the byte before it says; the last takes what is left.
private func sections(of input: [UInt8]) -> [[UInt8]] {
    var sections: [[UInt8]] = [], rest = input[...]
    while let count = rest.popFirst() {
        sections.append(Array(rest.prefix(Int(count))))
        rest = rest.dropFirst(Int(count))
    }
    return sections
}

/// - Returns: for each section its fields in hexadecimal, up to the first that is refused.
private func decode(_ sections: [[UInt8]], step: Int) -> [String] {
    let decoder = FieldDecoder()
    var answers: [String] = []
    for section in sections {
        var fields: [String] = []
        do throws(ConnectionError) {
            var start = 0
            repeat {
                let end = section.count - start > step ? start + step : section.count
                try decoder.decode(section.span.extracting(start..<end), isLast: end == section.count) { name, value, _ in
                    fields.append(hexadecimal(name) + "=" + hexadecimal(value))
                }
                start = end
            } while start < section.count
        } catch {
            return answers + ["error"]
        }
        answers.append(fields.joined(separator: " "))
    }
    return answers
}

private let digits = Array("0123456789abcdef")

private func hexadecimal(_ bytes: Span<UInt8>) -> String {
    var text = ""
    for index in bytes.indices {
        text.append(digits[Int(bytes[index] >> 4)])
        text.append(digits[Int(bytes[index] & 15)])
    }
    return text
}

private let otherDecoder = Mutex(OtherDecoder())

/// A Python process, which answers a line with a line.
private struct OtherDecoder {
    private let input: Int32
    private let output: Int32

    init() {
        var (down, up): ([Int32], [Int32]) = ([0, 0], [0, 0])
        precondition(unsafe pipe(&down) == 0 && pipe(&up) == 0)
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawn_file_actions_adddup2(&actions, down[0], 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, up[1], 1)
        // Else it would never see its input end.
        for end in [down[1], up[0]] { unsafe posix_spawn_file_actions_addclose(&actions, end) }
        let words = [".build-venv/bin/python", "Tests/HTTP2Tests/Python/hpack_peer.py", "judge"]
        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        var child: pid_t = 0
        let result = unsafe posix_spawn(&child, words[0], &actions, nil, &arguments, environ)
        for argument in unsafe arguments { unsafe free(argument) }
        unsafe posix_spawn_file_actions_destroy(&actions)
        precondition(result == 0, "no Python: run scripts/install-tools test first, and this by scripts/fuzz")
        close(down[0])
        close(up[1])
        (input, output) = (down[1], up[0])
    }

    func judge(_ sections: [[UInt8]]) -> [String] {
        guard !sections.isEmpty else { return [] }
        var line = Array((sections.map { hexadecimal($0.span) }.joined(separator: ",") + "\n").utf8)[...]
        while !line.isEmpty {
            line = line.dropFirst(moved { unsafe line.withUnsafeBytes { unsafe write(input, $0.baseAddress, $0.count) } })
        }
        var answer: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 65_536)
        while answer.last != 0x0A {
            answer += room[..<moved { unsafe read(output, &room, room.count) }]
        }
        let text = String(decoding: answer.dropLast(), as: UTF8.self)
        return text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    /// libFuzzer's timer interrupts calls.
    private func moved(_ call: () -> Int) -> Int {
        while true {
            let count = call()
            if count > 0 { return count }
            precondition(count < 0 && errno == EINTR, "Python has ended")
        }
    }
}
