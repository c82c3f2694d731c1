import HTTP
import HTTP2
import Messages
import Testing

@Suite("Field sections that are kept as they were encoded")
struct EncodedSectionsTests {
    /// Texts of which several are as long as each other, some as long modulo eight, and one is longer than what is kept.
    private static let texts: [[UInt8]] = [
        "", "ETag: \"a\"\r\n", "ETag: \"b\"\r\n", "ETag: \"bcdefghij\"\r\n", "Content-Length: 1\r\nX-Own: some\r\n",
        "Content-Length: 2\r\nX-Own: some\r\n", "X-Long: \(String(repeating: "a", count: 3000))\r\n",
    ].map { Array($0.utf8) }

    @Test("answers are what the encoder makes of them, whatever came before")
    func answers() {
        let sections = EncodedSections()
        var numbers = SystemRandomNumberGenerator()
        for _ in 0..<4000 {
            let text = Self.texts.randomElement(using: &numbers) ?? []
            let status = [200, 206, 404].randomElement(using: &numbers) ?? 200
            for _ in 0..<Int.random(in: 1...4, using: &numbers) {
                let section = written { sections.appendAnswer(status, lines: text.span, to: &$0) }
                #expect(section == written { FieldEncoder.append(status, lines: text.span, to: &$0) })
            }
        }
    }

    @Test("a section goes behind what is there already, and only its own bytes are kept")
    func behind() {
        let sections = EncodedSections()
        let text = Self.texts[1]
        let plain = written { FieldEncoder.append(200, lines: text.span, to: &$0) }
        for before in [[], [1], [1, 2, 3], []] as [[UInt8]] {
            let section = written {
                $0.write(before)
                sections.appendAnswer(200, lines: text.span, to: &$0)
            }
            #expect(section == before + plain)
        }
    }

    @Test("requests whose bytes are the same are told apart by where their parts end")
    func requests() {
        let sections = EncodedSections()
        let bytes = Array("GETexample/path".utf8)
        for _ in 0..<4 {
            for (authority, path, isHTTPS) in [(10, 15, true), (9, 15, true), (10, 15, false), (10, 15, true)] {
                let parts = RequestParts(method: 0..<3, authority: 3..<authority, path: authority..<path, lines: path..<path)
                let section = written { sections.appendRequest(bytes.span, parts, isHTTPS: isHTTPS, to: &$0) }
                #expect(section == written { FieldEncoder.appendRequest(bytes.span, parts, isHTTPS: isHTTPS, to: &$0) })
            }
        }
    }

    /// What is written, into room that is too small at first.
    private func written(_ write: (inout OutputSpan<UInt8>) -> Void) -> [UInt8] {
        var out: [UInt8] = []
        out.append(guessing: 1) { write(&$0) }
        return out
    }
}
