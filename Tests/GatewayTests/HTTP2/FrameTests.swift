import TestSupport
import Testing

@Suite("HTTP/2 by its letter: frames in, frames out")
struct FrameTests {
    @Test("there are many rules")
    func count() {
        #expect(FrameRows.all.count >= 200)
        #expect(Set(FrameRows.all.map(\.name)).count == FrameRows.all.count)
    }

    /// All rows in one process of the peer, each on a connection of its own.
    @Test("each frame gets the answer that the rules want, however it is cut", arguments: [0, 1])
    func rows(bytesOfRecord: Int) async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream.saying("hello")
        let port = try FreePort()
        let rows = bytesOfRecord == 0 ? FrameRows.all : FrameRows.all.filter { $0.bytes.count < 300 }
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl())) { _ in
            let lines = rows.map { "\($0.bytes.map(Self.hexadecimal).joined()) \($0.answer)\n" }.joined()
            let directory = try TemporaryDirectory()
            let file = try directory.write("rows", lines)
            let outcome = try await Command.run(
                Place.python, [Place.peer("http2_frames.py"), "\(port)", file, "\(bytesOfRecord)"])
            #expect(outcome.code == 0, "\(outcome.errors)")
            let answers = outcome.text.split(separator: "\n")
            #expect(answers.count == rows.count)
            for (row, answer) in zip(rows, answers) {
                #expect(answer.split(separator: "; ").contains { $0.hasPrefix(row.answer) }, "\(row.name): \(answer)")
            }
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}
