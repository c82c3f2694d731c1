import CFuzzer
import Glibc

@testable import Protection

/// The package manager's name for `main`. libFuzzer's own would leave no place for it.
@c(WebTokenTarget_main)
public func main(_ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Int32 {
    var (count, arguments) = unsafe (count, arguments)
    return unsafe LLVMFuzzerRunDriver(&count, &arguments) { start, count in
        // The bytes are only read, during the call.
        checkToken(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
        return 0
    }
}

/// The bytes are a token, and then its claims alone: those of a token that somebody has signed.
///
/// Nothing is taken but what the fixture's keys have signed, and claims only where each rule holds.
private func checkToken(_ input: [UInt8]) {
    do throws(WebToken.Fault) {
        _ = try WebToken(input, keys: fixture.keys, rules: rules, now: 1500)
        // Of ES256 there are two signatures for each (s and n - s), so what was signed is what counts.
        precondition(fixture.signed.contains(signedPart(of: input)), "a token that nobody has signed")
    } catch {
        precondition(!fixture.tokens.contains(input), "a good token is refused: \(error)")
    }
    if let claims = JSONText(input) { checkClaims(claims) }
    if let keys = try? WebKeys(input) { precondition(keys.count > 0) }
}

private let rules = WebToken.Rules(issuer: "https://issuer.test", audiences: ["api", "K"], leeway: 5)

private func checkClaims(_ claims: JSONText) {
    func time(_ name: String) -> Double? { claims[name]?.number }
    func isByteForByte(_ text: String, _ other: String) -> Bool { Array(text.utf8) == Array(other.utf8) }
    do throws(WebToken.Fault) {
        try WebToken.check(claims, rules, 1500)
        precondition(time("exp").map { 1500 < $0 + 5 } == true)
        precondition(claims["nbf"] == nil || time("nbf").map { $0 - 5 <= 1500 } == true)
        precondition(claims["iss"]?.string.map { isByteForByte($0, "https://issuer.test") } == true)
        let audiences = claims["aud"]?.array?.compactMap(\.string) ?? claims["aud"]?.string.map { [$0] } ?? []
        precondition(audiences.contains { isByteForByte($0, "api") || isByteForByte($0, "K") })
    } catch {
        guard case .expired = error else { return }
        precondition(time("exp").map { $0 + 5 <= 1500 } == true)
    }
}

private func signedPart(of token: [UInt8]) -> [UInt8] {
    Array(token[..<(token.lastIndex(of: UInt8(ascii: ".")) ?? token.endIndex)])
}

private let fixture = Fixture()

/// Keys and tokens that openssl(1) has made, valid from second 1000 to 2000.
private struct Fixture: Sendable {
    let keys: WebKeys
    let tokens: Set<[UInt8]>
    let signed: Set<[UInt8]>

    init() {
        guard let file = Self.read("Tests/ProtectionTests/Fixtures/tokens.json"), let json = JSONText(file),
            case .object(let tokens)? = json["tokens"], let start = file.firstRange(of: Array("\"keys\":".utf8)),
            let end = file[start.upperBound...].firstIndex(of: UInt8(ascii: "]")),
            let keys = try? WebKeys(Array("{\"keys\":".utf8) + file[start.upperBound...end] + [UInt8(ascii: "}")])
        else { preconditionFailure("no tokens: run this by scripts/fuzz") }
        self.keys = keys
        let good = ["rs", "es", "ed", "noKid"].compactMap { tokens[$0]?.string.map { Array($0.utf8) } }
        precondition(good.count == 4)
        self.tokens = Set(good)
        signed = Set(tokens.values.compactMap { $0.string.map { signedPart(of: Array($0.utf8)) } })
    }

    private static func read(_ path: String) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe Glibc.read(descriptor, &bytes, bytes.count)
        return count > 0 ? Array(bytes[..<count]) : nil
    }
}
