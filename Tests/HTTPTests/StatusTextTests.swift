import Testing

@testable import HTTP

@Suite struct StatusTextTests {
    /// RFC 9110 §15 without 306 and 418, which are unused.
    private static let named = [
        100...101, 200...206, 300...305, 307...308, 400...417, 421...422, 426...426, 500...505,
    ].flatMap { Array($0) }

    @Test func `Each status that RFC 9110 names has its phrase`() {
        for status in Self.named { #expect(StatusText.phrase(status).utf8CodeUnitCount > 0, "\(status)") }
        #expect("\(StatusText.phrase(409)), \(StatusText.phrase(422))" == "Conflict, Unprocessable Content")
    }

    @Test func `A status that nobody has registered has none, and the space that must be there`() {
        var line: [UInt8] = []
        StatusText.appendLine(499, to: &line)
        // RFC 9112 §4: "A server MUST send the space that separates the status-code from the reason-phrase even when the
        // reason-phrase is absent".
        #expect(line == bytes("HTTP/1.1 499 \r\n"))
    }
}
