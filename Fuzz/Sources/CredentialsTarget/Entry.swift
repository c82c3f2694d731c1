import CFuzzer

@testable import Protection

/// The package manager's name for `main`. libFuzzer's own would leave no place for it.
@c(CredentialsTarget_main)
public func main(_ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Int32 {
    var (count, arguments) = unsafe (count, arguments)
    return unsafe LLVMFuzzerRunDriver(&count, &arguments) { start, count in
        // The bytes are only read, during the call.
        checkCredentials(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
        return 0
    }
}

/// The bytes are the value of `Authorization`, and then an htpasswd file.
private func checkCredentials(_ input: [UInt8]) {
    if let credentials = BasicCredentials(input.span) { checkBasic(credentials, input) }
    if let token = BearerToken.text(input) { precondition(token.first != 0x20 && input.suffix(token.count).elementsEqual(token)) }
    if let list = try? PasswordList(input) { checkList(list, input) }
}

/// Nothing has two texts: what was read is written as it came.
private func checkBasic(_ credentials: BasicCredentials, _ input: [UInt8]) {
    precondition(!credentials.user.contains(UInt8(ascii: ":")))
    let text = base64(credentials.user + [UInt8(ascii: ":")] + credentials.password)
    precondition(input.suffix(text.count).elementsEqual(text), "another base64 than it came in")
    let scheme = input.dropLast(text.count)
    precondition(String(decoding: scheme.prefix(5), as: UTF8.self).lowercased() == "basic")
    precondition(scheme.count > 5 && scheme.dropFirst(5).allSatisfy { $0 == 0x20 })
}

/// Each line has its user, whose hash is the line's, and there is nobody else.
private func checkList(_ list: PasswordList, _ input: [UInt8]) {
    var users = 0
    for line in input.split(separator: UInt8(ascii: "\n")) {
        let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        if line.isEmpty || line.first == UInt8(ascii: "#") { continue }
        users += 1
        let parts = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard let found = list.hash(of: Array(parts[0]), draw: 0) else { preconditionFailure("a list with users has none") }
        precondition(found.isTheirs && Array(found.hash.utf8) == Array(parts[1]))
        precondition(list.hash(of: Array(parts[0]) + [0], draw: 7)?.isTheirs == false)
        // Quick enough to be tried with each, and our own.
        if found.hash.hasPrefix("$apr1$") {
            precondition(!Secrets.isPassword(Array(line), of: found.hash) || line.count <= PasswordList.maxPassword)
        }
        // Nobody is there twice.
        precondition((try? PasswordList(input + [0x0A] + Array(line))) == nil)
    }
    precondition(list.isEmpty == (users == 0))
}

private func base64(_ bytes: [UInt8]) -> [UInt8] {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        var bits = group.reduce(0) { $0 << 8 | Int($1) }
        bits <<= 8 * (3 - group.count)
        for place in 0..<4 { text.append(place <= group.count ? digits[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "=")) }
    }
    return text
}
