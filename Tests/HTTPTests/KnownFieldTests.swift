import Foundation
import Testing

@testable import HTTP

/// Known fields by name and by bit: none may be lost when another is added.
@Suite struct KnownFieldTests {
    /// All but those that stand for many names.
    private static let named = KnownField.allCases.filter { !kinds.contains($0) }
    private static let kinds: [KnownField] = [.other, .lookalike, .underscored, .xForwardedOther, .clientClaim]

    /// The name that the case spells: `contentLength`, `content-length`.
    private static func name(of field: KnownField) -> String {
        if field == .xRealIP { return "x-real-ip" }
        let words = "\(field)".replacing("WebSocket", with: "Websocket")
        return words.map { $0.isUppercase ? "-" + $0.lowercased() : String($0) }.joined()
    }

    private func recognised(_ name: String) -> KnownField {
        let spelled = bytes(name)
        return KnownField.recognise(spelled.span, 0..<spelled.count)
    }

    private func head(_ fields: [KnownField]) throws -> RequestHead {
        let lines = fields.map { "\(Self.name(of: $0)): 0\r\n" }.joined()
        let head = RequestHead()
        let input = bytes("GET http://a/ HTTP/1.0\r\n\(lines)\r\n")
        _ = try head.parse(input.span, limits: HeadLimits())
        return head
    }

    @Test func `There are no more bits than a word has, and each is one field's`() {
        let withBit = KnownField.allCases.filter { $0.bit != 0 }
        #expect(withBit.count == Int(KnownField.lastWithBit.rawValue) + 1)
        #expect(withBit.count <= UInt64.bitWidth)
        #expect(Set(withBit.map(\.bit)).count == withBit.count)
        #expect(withBit.allSatisfy { $0.bit.nonzeroBitCount == 1 })
        #expect(KnownField.other.bit == 1 && KnownField.lookalike.bit == 2)
    }

    @Test func `What is dropped from every message has a bit`() {
        let hop: Set<KnownField> = [.proxyAuthorization, .proxyAuthenticate, .xForwardedOther, .forwarded, .xForwardedFor]
        for field in FieldEdits.connectionFields.union(hop) { #expect(field.bit != 0, "\(field)") }
    }

    @Test func `What docs·forwarding·md lists are the names in which proxies speak of their clients`() throws {
        let page = try String(contentsOf: place("docs/forwarding.md"), encoding: .utf8)
        let section = try #require(
            page.components(separatedBy: "## What proxies say\n").last?.components(separatedBy: "\n## ").first)
        let names = section.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .compactMap { $0.offset % 2 == 1 ? String($0.element) : nil }
            .filter { !$0.contains(".") && $0 != "HTTP_PROXY" }
        #expect(names.count > 40)
        for name in names {
            let whole = name.replacing("…", with: "Whatever-Name-That-May-Be-Longer-Than-All")
            let known = recognised(whole)
            #expect([.clientClaim, .forwarded, .xForwardedOther, .xRealIP].contains(known), "\(whole)")
            #expect(recognised(whole.uppercased()) == known && recognised(name + "2") != .clientClaim || name.hasSuffix("…"))
        }
        #expect(recognised("X-Client-Data") == .other && recognised("X-Requested-With") == .other)
        #expect(recognised("Under_Score") == .underscored && recognised("X_SSL_Client_Cert") == .lookalike)
        #expect(recognised("A.Dot") == .other && recognised("A.Dot_Score") == .underscored)
    }

    @Test func `Of the families, names of any length are known, and none that only begins alike`() {
        let own = [
            "X-SSL-Client-DN", "SSL-Client-Cert", "X-TLS-Client-Cert", "X-Remote-Addr", "X-Remote-User", "X-Remote-Extra-Scopes",
            "X-WebAuth-Name", "X-Auth-Request-X", "X-Auth-Request-Groups", "X-Auth-Request-Preferred-Username",
            "X-Authentik-UID", "Tailscale-User-Login", "CF-Access-Authenticated-User-Email",
        ]
        for name in own {
            #expect(recognised(name) == .clientClaim && recognised(name.lowercased()) == .clientClaim, "\(name)")
            #expect(recognised(name.replacing("-", with: ".")) == .lookalike, "\(name)")
        }
        let others = [
            "X-Remote-", "X-Remotely", "X-WebAuthn-Token", "X-Auth-Refresh-Token", "X-Auth-Requests", "X-Authentication",
            "X-Authenticate-Me", "CF-Access-Client-Id", "Cf-Access-Jwt-Assertion", "X-Auth-Refresh-Token-That-Is-Longer-Than-All",
        ]
        for name in others { #expect(recognised(name) == .other, "\(name)") }
    }

    private func place(_ path: String) -> URL {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../\(path)")
    }

    @Test(arguments: named)
    func `A known field is recognised in any case, and its lookalikes with other bytes for dashes`(_ field: KnownField) {
        let name = Self.name(of: field)
        #expect(recognised(name) == field)
        #expect(recognised(name.uppercased()) == field)
        #expect(recognised(name.prefix(1).uppercased() + name.dropFirst()) == field)
        guard name.contains("-") else { return }
        for byte in "!#$%&'*+.^_`|~" { #expect(recognised(name.replacing("-", with: "\(byte)")) == .lookalike, "\(byte)") }
    }

    @Test func `A byte that is no letter, digit or dash is seen wherever it stands in a name, and no other is`() {
        let plain = "-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
        for count in 4...32 {
            for place in 0..<count {
                func isSeen(_ byte: Character) -> Bool {
                    let rest = String(repeating: "9", count: count - place - 1)
                    let name = bytes(String(repeating: "x", count: place) + "\(byte)" + rest)
                    return ByteScanning.foldedName(name.span, 0..<count).hasOddBytes(count: count)
                }
                #expect(!plain.contains(where: isSeen), "\(place) of \(count)")
                #expect("!#$%&'*+.^_`|~".allSatisfy(isSeen), "\(place) of \(count)")
            }
        }
    }

    @Test(arguments: named)
    func `A name that differs by one byte, or is longer or shorter by one, is another`(_ field: KnownField) {
        let name = bytes(Self.name(of: field))
        var others = [name + [0x78], Array(name.dropLast())]
        for index in name.indices {
            var other = name
            other[index] = name[index] == 0x78 ? 0x79 : 0x78
            others.append(other)
        }
        for other in others {
            let found = KnownField.recognise(other.span, 0..<other.count)
            #expect([.other, .underscored, .xForwardedOther].contains(found), "\(String(decoding: other, as: UTF8.self))")
        }
    }

    @Test(arguments: named)
    func `What is present is seen, and nothing else, with a bit or without`(_ field: KnownField) throws {
        // These mean something that one line alone may not say.
        guard ![.transferEncoding, .host, .expect, .http2Settings].contains(field) else { return }
        let fields = try head([field]).fields
        for other in KnownField.allCases {
            #expect(fields.contains(other) == (other == field), "\(other)")
            #expect((fields.first(other) != nil) == (other == field), "\(other)")
            #expect(fields.count(of: other) == (other == field ? 1 : 0), "\(other)")
            #expect(fields.contains(other, token: "0") == (other == field), "\(other)")
        }
        let answer = ResponseHead()
        let name = bytes(Self.name(of: field))
        let input = bytes("HTTP/1.1 200 OK\r\n") + name + bytes(": 0\r\n\r\n")
        _ = try answer.parse(input.span, limits: HeadLimits())
        for other in KnownField.allCases { #expect(answer.contains(other) == (other == field), "\(other)") }
    }

    @Test(arguments: named.filter { !FieldEdits.connectionFields.contains($0) })
    func `A field that the configuration removes is removed, and a default gives way to it`(_ field: KnownField) throws {
        let name = Self.name(of: field)
        let edits = FieldEdits(FieldRules(remove: [name]))
        let spelled = bytes(name)
        #expect(edits.droppedKnown == field.bit)
        #expect(edits.dropsNames == (field.bit == 0))
        #expect(edits.dropsName(spelled.span) == (field.bit == 0))
        let defaults = FieldEdits(FieldRules(defaults: [try #require(ConfiguredField(name, "own"))]))
        #expect(written(defaults, try head([field])).isEmpty)
        let other: KnownField = field == .vary ? .via : .vary
        #expect(written(defaults, try head([other])) == "\(name): own\r\n")
    }

    private func written(_ edits: FieldEdits, _ head: RequestHead) -> String {
        var out: [UInt8] = []
        out.append(addingCapacity: 200) { edits.writeLines(head.fields, to: &$0) }
        return String(decoding: out, as: UTF8.self)
    }
}
