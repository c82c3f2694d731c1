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
        try await expect(bytesOfRecord == 0 ? FrameRows.all : FrameRows.all.filter { $0.bytes.count < 300 }, bytesOfRecord)
    }

    private static let small = """
        [limits]
        http2_streams = 2
        http2_resets = 3
        http2_control_frames = 16
        """

    private static let limits: [FrameRow] = [
        .reset("a stream too many", [Frame.open(), Frame.open(stream: 3), Frame.open(stream: 5)], "REFUSED_STREAM", stream: 5),
        .answered(
            "as many as may be, one after another", [Frame.open(), Frame.reset(1), Frame.headers(Frame.get, stream: 3)], stream: 3
        ),
        .goAway(
            "a reset too many", [1, 3, 5, 7].flatMap { [Frame.open(stream: $0), Frame.reset($0)] }, "ENHANCE_YOUR_CALM"),
        .goAway("a frame too many that moves nothing", .init(repeating: Frame.ping(), count: 17), "ENHANCE_YOUR_CALM"),
        .goAway(
            "RFC 9218 §7.1 priorities of more idle streams than may be open", [1, 3, 5].map { Frame.priorityUpdate($0) },
            "PROTOCOL_ERROR"),
        .goAway(
            "RFC 9218 §7.1 and of those that are", [Frame.open(), Frame.priorityUpdate(3), Frame.priorityUpdate(5)],
            "PROTOCOL_ERROR"),
        .answered(
            "RFC 9218 §7.1 as many as may be, again and again",
            [1, 3, 3, 1].map { Frame.priorityUpdate($0) }
                + [Frame.headers(Frame.get, stream: 3), Frame.priorityUpdate(5), Frame.headers(Frame.get, stream: 5)], stream: 5),
        FrameRow("as many as may be", .init(repeating: Frame.ping(), count: 15) + [Frame.ping("the last")], "PING ack the last"),
    ]

    @Test("what is over a limit that was made small is refused, and what is not over it is not")
    func limited() async throws {
        try await expect(Self.limits, top: Self.small)
    }

    @Test("without TLS the same rules hold, where that is switched on", arguments: [0, 1])
    func plain(bytesOfPiece: Int) async throws {
        let rows = FrameRows.all.filter { $0.isAfterHello && (bytesOfPiece == 0 || $0.bytes.count < 150) }
        let upstream = try Upstream.saying("hello")
        let port = try FreePort()
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", site: "h2c = true")) { _ in
            try await Self.expect(rows, port, ["\(bytesOfPiece)", "plain"])
        }
    }

    private func expect(_ rows: [FrameRow], _ bytesOfRecord: Int = 0, top: String = "") async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream.saying("hello")
        let port = try FreePort()
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl(), top: top)) {
            _ in
            try await Self.expect(rows, port, ["\(bytesOfRecord)"])
        }
    }

    /// - Parameter how: the peer's last arguments.
    static func expect(_ rows: [FrameRow], _ port: FreePort, _ how: [String]) async throws {
        let lines = rows.map { "\($0.bytes.map(hexadecimal).joined()) \($0.answer)\n" }.joined()
        let directory = try TemporaryDirectory()
        let file = try directory.write("rows", lines)
        let outcome = try await Command.run(Place.python, [Place.peer("http2_frames.py"), "\(port)", file] + how)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let answers = outcome.text.split(separator: "\n")
        #expect(answers.count == rows.count)
        for (row, answer) in zip(rows, answers) {
            #expect(answer.split(separator: "; ").contains { $0.hasPrefix(row.answer) }, "\(row.name): \(answer)")
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}
