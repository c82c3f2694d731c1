import TestSupport
import Testing

/// Servers that are spoken to in plain HTTP/1, and speak something else.
@Suite("An upstream of another protocol")
struct WrongProtocolTests {
    /// As a gRPC server begins, and as a TLS server refuses what is no handshake.
    private static let answers =
        [
            ("\0\0\u{6}\u{4}\0\0\0\0\0\0\u{3}\0\0\0d", "the server speaks HTTP/2: write h2c:// in its URL"),
            ("\u{15}\u{3}\u{1}\0\u{2}\u{2}F", "the server speaks TLS: write https:// in its URL"),
            ("* OK IMAP4rev1 ready", nil),
        ] as [(String, String?)]

    @Test("is told by what it speaks, where that is plain to see", arguments: answers)
    func told(answer: String, words: String?) async throws {
        let upstream = try Upstream.answering { _ in answer }
        let port = try FreePort()
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:\(upstream)")) { gatehouse in
            let got = try await Command.curl(["-i", "http://localhost:\(port)/x"])
            #expect(got.text.hasPrefix("HTTP/1.1 502 "), "\(got)")
            // It is the operator's to know.
            #expect(!got.text.contains("h2c") && !got.text.contains("https://"), "\(got)")
            let entry = try await gatehouse.access("/x")
            #expect(entry["reason"] == "upstream_status_line_malformed")
            #expect(words.map { entry["detail"]?.hasPrefix($0) == true } ?? (entry["detail"] == nil), "\(entry)")
        }
    }
}
