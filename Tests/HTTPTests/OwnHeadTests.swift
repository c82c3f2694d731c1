import Testing

@testable import HTTP

@Suite struct OwnHeadTests {
    private func head(
        _ status: Int = 200, framing: BodyFraming = .length(5), stated: UInt64? = nil, minorVersion: UInt8 = 1,
        closes: Bool = false, date: String = ""
    ) -> String {
        var answer = ClientAnswer(framing: framing, clientMinorVersion: minorVersion, closes: closes)
        answer.date = bytes(date)
        let (fields, site) = (AnswerFields("A", "1"), AnswerFields("B", "2"))
        return written { OwnHead.write(status, fields, site, statedLength: stated, answer, to: &$0) }
    }

    @Test func `The answer's fields go before its site's, and framing and connection behind both`() {
        #expect(head() == "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\nContent-Length: 5\r\n\r\n")
        #expect(
            head(404, framing: .chunked, closes: true, date: "now")
                == "HTTP/1.1 404 Not Found\r\nDate: now\r\nA: 1\r\nB: 2\r\n"
                + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
        #expect(
            head(framing: .untilClose, minorVersion: 0, closes: true)
                == "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\nConnection: close\r\n\r\n")
        #expect(
            head(minorVersion: 0) == "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n")
    }

    @Test func `Without a body the length that a GET's answer would have is stated, if there is one`() {
        #expect(head(framing: .none, stated: 7).contains("\r\nContent-Length: 7\r\n"))
        #expect(!head(framing: .none).contains("Content-Length"))
        #expect(head(framing: .length(5), stated: 7).contains("\r\nContent-Length: 5\r\n"))
    }

    @Test func `A 426 says to which protocol, and a status that has no phrase has a line all the same`() {
        #expect(head(426).contains("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"))
        #expect(head(599).hasPrefix("HTTP/1.1 599 \r\n"))
    }
}
