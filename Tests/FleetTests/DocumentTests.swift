import ACME
import TestSupport
import Testing

@testable import Fleet

@Suite("Documents of a fleet")
struct DocumentTests {
    private static let digits = String(repeating: "0123456789abcdef", count: 4)
    private static let other = String(repeating: "f", count: 64)
    private let secret: FleetSecret

    init() throws { secret = try FleetSecret(text: Self.digits, file: "f") }

    private func fault(_ document: [UInt8], at place: String = "/a", _ secret: FleetSecret? = nil) -> DocumentFault? {
        do throws(DocumentFault) {
            _ = try SealedDocument.open(document, at: place, with: secret ?? self.secret)
            return nil
        } catch {
            return error
        }
    }

    @Test("secrets are read from files with a byte-order mark as from those without, and with either end of a line")
    func secretFiles() throws {
        let directory = try TemporaryDirectory()
        for (start, end) in [("", "\n"), ("\u{FEFF}", "\r\n"), ("\u{FEFF}\n", "")] {
            let file = try directory.write("secret", "\(start)\(Self.digits)\(end)")
            #expect(try FleetSecret(file: file) == secret)
            #expect(SecretFile.password(in: file) == Self.digits)
        }
        #expect(SecretFile.password(in: try directory.write("empty", "\u{FEFF}\n")) == "")
        #expect(SecretFile.password(in: directory.path + "/none") == nil)
    }

    @Test("what was sealed opens, and does not stand there in plain", arguments: [0, 1, 15, 16, 17, 100_000])
    func opened(count: Int) throws {
        let bytes = [UInt8](repeating: 0x41, count: count)
        let sealed = try #require(SealedDocument.seal(bytes, at: "/a", with: secret))
        #expect(String(decoding: sealed.prefix(18), as: UTF8.self) == "gatehouse-fleet 1 ")
        #expect(try SealedDocument.open(sealed, at: "/a", with: secret) == bytes)
        #expect(count < 15 || !sealed.dropFirst(27).starts(with: bytes.prefix(15)))
        #expect(SealedDocument.seal(bytes, at: "/a", with: secret) != sealed)
    }

    @Test("one that was changed anywhere, or moved to another place, is refused")
    func altered() throws {
        let sealed = try #require(SealedDocument.seal(Array("hello".utf8), at: "/a", with: secret))
        #expect(fault(sealed, at: "/b") == .altered)
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            #expect(fault(changed) != nil, "byte \(index)")
        }
        for count in 0..<sealed.count { #expect(fault(Array(sealed.prefix(count))) != nil, "\(count) bytes") }
    }

    @Test("what is not ours, newer or too large is called so")
    func named() throws {
        #expect(fault(Array("hello".utf8)) == .foreign)
        #expect(fault([]) == .foreign)
        #expect(fault(Array("gatehouse-fleet 2 anything at all\n".utf8)) == .newer(2))
        #expect(fault(Array("gatehouse-fleet 0 01234567\n".utf8)) == .foreign)
        #expect(fault(Array("gatehouse-fleet 1 x\u{1b}[31m\n".utf8)) == .foreign)
        let large = [UInt8](repeating: 0, count: SealedDocument.maxBytes + 1)
        #expect(fault(large) == .tooLarge(large.count))
    }

    @Test("another key is told by its name, and a key that was added opens what the former one has sealed")
    func keys() throws {
        let stranger = try FleetSecret(text: Self.other, file: "f")
        let sealed = try #require(SealedDocument.seal([1], at: "/a", with: secret))
        #expect(fault(sealed, stranger) == .otherKey(secret.keys[0].name))
        let both = try FleetSecret(text: "# the new one\n\(Self.other)\n\n\(Self.digits)\n", file: "f")
        #expect(try SealedDocument.open(sealed, at: "/a", with: both) == [1])
        let new = try #require(SealedDocument.seal([1], at: "/a", with: both))
        #expect(try SealedDocument.open(new, at: "/a", with: stranger) == [1])
    }

    @Test(
        "a file without keys, with too many or with a wrong one is refused",
        arguments: ["", "#\n", "12", digits + "0", "x" + digits.dropFirst(), "+" + digits.dropFirst()])
    func wrongFile(text: String) {
        #expect(throws: ACMEError.self) { try FleetSecret(text: text, file: "f") }
        let many = Array(repeating: Self.digits, count: 9).joined(separator: "\n")
        #expect(throws: ACMEError.self) { try FleetSecret(text: many, file: "f") }
    }
}

@Suite("Keys of session tickets")
struct TicketKeyRingTests {
    private func keys(_ ring: TicketKeyRing) -> [[UInt8]] {
        stride(from: 0, to: ring.bytes.count, by: 80).map { Array(ring.bytes[$0..<$0 + 80]) }
    }

    @Test("the next key is known before it is used, and a former one as long as its tickets are good")
    func rotated() throws {
        let first = try #require(TicketKeyRing.made())
        let second = try #require(first.next(rotation: 3600))
        let third = try #require(second.next(rotation: 3600))
        #expect([first, second, third].map(\.number) == [1, 2, 3])
        #expect(keys(first).count == 2 && keys(second)[0] == keys(first)[1])
        #expect(keys(second)[2] == keys(first)[0] && keys(third)[0] == keys(second)[1])
        #expect(Array(keys(third).dropFirst(2)) == [keys(second)[0], keys(first)[0]])
    }

    @Test("no more keys are kept than a lifetime of tickets wants", arguments: [(7200, 4), (3600, 5), (1440, 8), (2, 8)])
    func bounded(rotation: Int, most: Int) throws {
        var ring = try #require(TicketKeyRing.made())
        for _ in 0..<20 { ring = try #require(ring.next(rotation: rotation)) }
        #expect(keys(ring).count == most)
        let text = try #require(ring.text)
        #expect(TicketKeyRing(text) == ring)
    }

    @Test(
        "what is no list of keys is none",
        arguments: [
            "", "{}", #"{"number":1,"keys":[]}"#, #"{"number":1,"keys":["AA==","AA=="]}"#, #"{"number":-1,"keys":["AA=="]}"#,
        ])
    func wrong(text: String) {
        #expect(TicketKeyRing(Array(text.utf8)) == nil)
    }
}
