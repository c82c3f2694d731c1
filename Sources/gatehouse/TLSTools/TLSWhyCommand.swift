import ArgumentParser
import EventLoop
import HTTP
import TLS

/// `gatehouse tls why`
struct TLSWhyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why", abstract: "Explain what openssl s_client, curl, a browser or a log says.",
        discussion: """
            It reads what was printed: a whole s_client session, an error of OpenSSL, or
            lines of a log. With "-" it reads standard input:
              openssl s_client -connect localhost:443 </dev/null 2>&1 | gatehouse tls why -
            Exit code 1 if it knows nothing of it.
            """)

    @Argument(help: "The file with what was printed; - for standard input; or a message itself, in quotes.")
    var file = "-"

    @Flag(help: "As JSON.")
    var json = false

    func run() throws {
        let reading = try Self.pasted(file) ?? SClientReading(TLSCertCommand.read(file))
        Console.say(json ? try AdminClient.text(reading) : reading.text)
        if reading.isSilent { throw ExitCode(1) }
    }

    /// What is known of a message that stands in a file's place; nil if it is a file, or nothing is known of it.
    private static func pasted(_ text: String) -> SClientReading? {
        guard text != "-", !FileAccess.isReadable(text) else { return nil }
        let reading = SClientReading(text)
        if !reading.isSilent { return reading }
        if text.contains(" ") { Console.error("gatehouse: nothing is known of it as a message; as a file:") }
        return nil
    }
}

/// What can be told from what a TLS client has printed.
struct SClientReading: Encodable {
    struct Finding: Encodable {
        /// The line that is explained.
        let line: String
        let cause: String
        let remedy: String
    }

    /// What was agreed on, as far as it is there.
    private(set) var version: String?
    private(set) var suite: String?
    private(set) var subject: String?
    private(set) var issuer: String?
    /// Did the client believe the certificate? Nil if it does not say.
    private(set) var verified: Bool?
    private(set) var findings: [Finding] = []

    init(_ text: String) {
        var known: [TLSExplanation] = []
        for line in text.unicodeScalars.split(whereSeparator: Self.endsLine) {
            let printed = Self.printable(line)
            let bytes = Array(printed.utf8)
            note(printed, bytes)
            guard let explanation = Self.explanation(of: printed, bytes), !known.contains(explanation) else { continue }
            known.append(explanation)
            let shown = printed.count > Self.maxShownCharacters ? printed.prefix(Self.maxShownCharacters) + "…" : printed[...]
            findings.append(Finding(line: String(shown), cause: explanation.cause, remedy: explanation.remedy))
        }
        // s_client says "Verification: OK" also where there was nothing to verify.
        if Array(text.utf8).holds("no peer certificate available") { verified = nil }
        // That the handshake came to nothing says less than why.
        let general = findings.filter { $0.line.contains("no peer certificate") || $0.line.contains("read 0 bytes") }
        if findings.count > general.count { findings.removeAll { finding in general.contains { $0.line == finding.line } } }
    }

    /// Is there nothing that it knows?
    var isSilent: Bool { findings.isEmpty && verified == nil && version == nil }

    private static func explanation(of line: String, _ bytes: [UInt8]) -> TLSExplanation? {
        if let fault = HandshakeFault(logLine: bytes), let explanation = TLSExplanation(fault) { return explanation }
        // What s_client always prints is no complaint.
        if bytes.holds("verify return:") || line.hasPrefix("Verify return code: 0") { return nil }
        return TLSExplanation.first(in: line)
    }

    private mutating func note(_ line: String, _ bytes: [UInt8]) {
        if let rest = Self.rest(of: line, after: "New, ") ?? Self.rest(of: line, after: "Reused, "), !rest.hasPrefix("(NONE)") {
            let parts = rest.split(separator: ",")
            version = parts.first.map(String.init)
            suite = Self.rest(of: rest, after: ", Cipher is ", anywhere: true)
        }
        version = version ?? Self.rest(of: line, after: "Protocol version: ")
        suite = suite ?? Self.rest(of: line, after: "Ciphersuite: ")
        subject = subject ?? Self.rest(of: line, after: "subject=") ?? Self.rest(of: line, after: "Peer certificate: ")
        issuer = issuer ?? Self.rest(of: line, after: "issuer=")
        if bytes.holds("Verification: OK") || bytes.holds("Verify return code: 0 (ok)") { verified = verified ?? true }
        if bytes.holds("Verification error:") || bytes.holds("verify error:") { verified = false }
    }

    private static func rest(of line: String, after prefix: String, anywhere: Bool = false) -> String? {
        if !anywhere { return line.hasPrefix(prefix) ? String(line.dropFirst(prefix.count)) : nil }
        return line.firstRange(of: prefix).map { String(line[$0.upperBound...]) }
    }

    /// How many characters of a log line are shown: what a client offers takes some thousand.
    private static let maxShownCharacters = 300

    /// It came from elsewhere, and goes to a terminal.
    private static func printable(_ line: Substring.UnicodeScalarView) -> String {
        var shown = String.UnicodeScalarView()
        for scalar in line.prefix(16_384).drop(while: { isControl($0) || $0 == " " }) {
            shown.append(isControl(scalar) ? " " : scalar)
        }
        return String(shown)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.value < 0x20 || scalar.value == 0x7F }

    /// What Unicode has break lines.
    private static func endsLine(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A...0x0D, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    var text: String {
        var lines: [String] = []
        if let version { lines.append("A handshake was made: \(version), \(suite ?? "-").") }
        if let subject { lines.append("The server's certificate: \(subject)\(issuer.map { ", issued by \($0)" } ?? "").") }
        if verified == true { lines.append("The certificate was believed.") }
        for finding in findings {
            lines += ["", "  \(finding.line)", finding.cause, finding.remedy]
        }
        if isSilent {
            lines.append("There is nothing in it that this program knows.")
        } else if findings.isEmpty {
            lines.append("Nothing in it is wrong.")
        }
        return lines.drop(while: \.isEmpty).joined(separator: "\n")
    }
}

extension HandshakeFault {
    /// The cause that a line of the gateway's own log names, as text or as JSON.
    fileprivate init?(logLine line: [UInt8]) {
        guard line.holds("TLS handshake failed"), let start = line.range(of: "cause")?.upperBound else { return nil }
        let word = line[start...].drop { "=\":".utf8.contains($0) }
            .prefix { $0 == UInt8(ascii: "_") || ByteClass.isLetter($0) || ByteClass.isDigit($0) }
        self.init(rawValue: String(decoding: word, as: UTF8.self))
    }
}

extension TLSExplanation {
    /// What the log means by a cause; nil where OpenSSL's own words say more.
    fileprivate init?(_ fault: HandshakeFault) {
        if fault == .other || fault == .clientAlert { return nil }
        self.init([], Self.sentence(fault.explanation), Self.sentence(fault.remedy))
    }

    private static func sentence(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() + "." }
}
