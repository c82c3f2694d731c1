import CFuzzer
import HTTP2
import OtherReader
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

/// What sections decode to must not depend on how they are cut, nor on whether they are known again, and must be what the Python
/// package hpack makes of them.
private func checkFieldSections(_ input: [UInt8]) {
    let sections = sections(of: input)
    let whole = decode(sections, step: .max)
    for step in [1, 3] { precondition(decode(sections, step: step) == whole, "the outcome depends on the delivery") }
    // Each of them comes again, between others and by itself.
    let repeated = sections + sections.flatMap { [$0, $0] }
    precondition(decodeOnce(repeated) == decode(repeated, step: .max), "a section that is known again means something else")
    let other = judge(sections)
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
        guard let fields = decode(section, step: step, by: decoder) else { return answers + ["error"] }
        answers.append(fields)
    }
    return answers
}

/// As above; a section that is known again is not decoded.
private func decodeOnce(_ sections: [[UInt8]]) -> [String] {
    let decoder = FieldDecoder()
    var known: [(section: DecodedSection, fields: String)] = []
    var answers: [String] = []
    for section in sections {
        if let again = known.first(where: { decoder.repeats(section.span, $0.section) }) {
            answers.append(again.fields)
            continue
        }
        guard let fields = decode(section, step: .max, by: decoder) else { return answers + ["error"] }
        answers.append(fields)
        if let section = decoder.remember(section.span) { known.append((section, fields)) }
    }
    return answers
}

/// - Returns: nil if the section is refused.
private func decode(_ section: [UInt8], step: Int, by decoder: FieldDecoder) -> String? {
    var fields: [String] = []
    var start = 0
    do throws(ConnectionError) {
        repeat {
            let end = section.count - start > step ? start + step : section.count
            try decoder.decode(section.span.extracting(start..<end), isLast: end == section.count) { name, value, _ in
                fields.append(hexadecimal(name) + "=" + hexadecimal(value))
            }
            start = end
        } while start < section.count
    } catch {
        return nil
    }
    return fields.joined(separator: " ")
}

private let otherDecoder = Mutex(OtherReader("Tests/HTTP2Tests/Python/hpack_peer.py", "judge"))

/// - Returns: as `decode`, by the Python package hpack.
private func judge(_ sections: [[UInt8]]) -> [String] {
    guard !sections.isEmpty else { return [] }
    let line = sections.map { hexadecimal($0.span) }.joined(separator: ",")
    let answer = otherDecoder.withLock { $0.answer(to: line) }
    return answer.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
}
