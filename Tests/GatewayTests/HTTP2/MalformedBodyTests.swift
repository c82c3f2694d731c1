import TestSupport
import Testing

/// What RFC 9113 §8.1 and §8.1.1 forbid behind a request's head: `FrameTests` holds that the stream is reset.
@Suite("A request over HTTP/2 that breaks a rule behind its head")
struct MalformedBodyTests {
    struct Malformed: Sendable, CustomTestStringConvertible {
        let frames: [[UInt8]]
        let reason: String
        let detail: String
        let name: String
        var testDescription: String { name }
    }

    private static let longer = "the body is longer than content-length says"
    private static let shorter = "the body is shorter than content-length says"
    private static let trailers = "malformed trailers"
    private static let cases = [
        Malformed(
            frames: [Frame.open([("content-length", "4")]), Frame.data("hello")], reason: "content_length_disagrees",
            detail: longer, name: "a longer body"),
        Malformed(
            frames: [Frame.open([("content-length", "4")]), Frame.data("hel", 0), Frame.data("lo", 0)],
            reason: "content_length_disagrees", detail: longer, name: "a longer body that has not ended"),
        Malformed(
            frames: [Frame.open([("content-length", "6")]), Frame.data("hello")], reason: "content_length_disagrees",
            detail: shorter, name: "a shorter body"),
        Malformed(
            frames: [Frame.open([("content-length", "6")]), Frame.data("hello", 0), Frame.headers([("x-sum", "1")])],
            reason: "content_length_disagrees", detail: shorter, name: "trailers before the whole body"),
        Malformed(
            frames: [Frame.open(), Frame.data("hello", 0), Frame.headers([("x-sum", "1")], Frame.endHeaders)],
            reason: "trailers_unended", detail: trailers, name: "trailers that do not end the stream"),
        Malformed(
            frames: [Frame.open(), Frame.data("hello", 0), Frame.headers([("X-Sum", "1")])],
            reason: "http2_field_name", detail: trailers, name: "upper case among trailers"),
        Malformed(
            frames: [Frame.open(), Frame.data("hello", 0), Frame.headers([("connection", "x")])],
            reason: "http2_connection_field", detail: trailers, name: "a field of the connection among trailers"),
    ]

    /// - Parameter bytesOfPiece: 0: all comes at once; 1: the request is under way when its rest comes.
    @Test("is its client's error, by the rule's own word", arguments: cases, [0, 1])
    func told(_ malformed: Malformed, bytesOfPiece: Int) async throws {
        // It answers when it has the whole body, which it never has.
        let upstream = try Upstream.saying("hello")
        let port = try FreePort()
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", site: "h2c = true")) { gatehouse in
            let row = FrameRow.reset(malformed.name, malformed.frames, "PROTOCOL_ERROR")
            try await FrameTests.expect([row], port, ["\(bytesOfPiece)", "plain"])
            let line = try await gatehouse.access(reason: malformed.reason)
            #expect(line["status"] == "400" && line["blame"] == "client", "\(line)")
            #expect(line["detail"] == malformed.detail, "\(line)")
            #expect(gatehouse.accessEntries.count == 1)
        }
    }
}
