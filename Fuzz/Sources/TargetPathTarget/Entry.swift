import CFuzzer
import HTTP

/// The package manager's name for `main`. libFuzzer's own would leave no place for it.
@c(TargetPathTarget_main)
public func main(_ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Int32 {
    var (count, arguments) = unsafe (count, arguments)
    return unsafe LLVMFuzzerRunDriver(&count, &arguments) { start, count in
        // The bytes are only read, during the call.
        checkPath(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
        return 0
    }
}

/// A normal form is normal, stays what it is, begins with a slash and has no dot segment that anybody could see.
private func checkPath(_ input: [UInt8]) {
    let path: [UInt8] = [0x2F] + input
    var normal: [UInt8] = []
    do throws(HTTPRefusal) {
        try NormalisedPath.append(path.span, 0..<path.count, to: &normal)
    } catch {
        return
    }
    precondition(normal.first == 0x2F)
    var again: [UInt8] = []
    guard (try? NormalisedPath.append(normal.span, 0..<normal.count, to: &again)) != nil, again == normal else {
        preconditionFailure("the normal form changes")
    }
    let text = String(decoding: normal, as: UTF8.self).lowercased()
    for segment in text.split(whereSeparator: { $0 == "/" }) {
        let name = segment.split(separator: ";", omittingEmptySubsequences: false).first ?? ""
        precondition(name != "." && name != "..", "a dot segment")
    }
    for byte in normal { precondition(byte > 0x20 && byte < 0x7F && byte != 0x5C && byte != 0x23, "a byte that is no path's") }
    if NormalisedPath.isNormal(path.span, 0..<path.count) { precondition(normal == path, "a normal path changes") }
}
