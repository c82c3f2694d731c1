import Configuration
import EventLoop
import HTTP
import Transport

/// Sends spans to a collector: OTLP 1.x over HTTP, as JSON, a request a batch, each over a connection of its own.
struct SpanSender: Sendable {
    private let endpoint: Tracing.Endpoint
    private let service: String
    private let caFile: String?
    private var socket: MessageSocket?

    private static let connectTimeout = 5
    /// Seconds that sending a request may take, and its answer as long again.
    private static let answerTimeout = 10
    /// Answers after which a request may be sent again, as OTLP says ("Retryable Response Codes").
    private static let retryable: Set = [429, 502, 503, 504]
    /// Bytes of an answer that are read: its status is in the first.
    private static let maxAnswerBytes = 65_536

    init(_ endpoint: Tracing.Endpoint, service: String, caFile: String?) {
        self.endpoint = endpoint
        self.service = service
        self.caFile = caFile
    }

    mutating func prepare() throws(TransportError) {
        guard socket == nil else { return }
        var last = TransportError.unresolved("\(endpoint.host) has no address")
        for address in BlockingConnection.addresses(of: endpoint.host, port: endpoint.port) {
            do throws(TransportError) {
                let plain = try MessageSocket(connectedTo: address, .stream, timeout: Self.connectTimeout)
                socket = endpoint.isTLS ? try plain.secured(for: endpoint.host, caFile: caFile) : plain
                return
            } catch {
                last = error
            }
        }
        throw last
    }

    /// - Returns: nil if the collector has taken all.
    mutating func write(_ lines: LogBatch) -> LogOutput.Loss? {
        guard let socket else { return nil }
        defer {
            socket.close()
            self.socket = nil
        }
        do throws(TransportError) {
            try socket.send(request(with: body(of: lines)), within: Self.answerTimeout)
            let answer = try socket.receive(atMost: Self.maxAnswerBytes, within: Self.answerTimeout, until: Self.isWhole)
            guard let status = Self.status(of: answer) else {
                return LogOutput.Loss(lines: lines.lineCount, error: .unresolved("the collector's answer is no HTTP"))
            }
            if status / 100 == 2 { return nil }
            let mayRetry = Self.retryable.contains(status)
            return LogOutput.Loss(
                lines: mayRetry ? 0 : lines.lineCount, error: .unresolved("the collector answers \(status)"),
                unsent: mayRetry ? lines : nil)
        } catch {
            return LogOutput.Loss(lines: lines.lineCount, error: error)
        }
    }

    func close() {
        socket?.close()
    }

    private func body(of lines: LogBatch) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(lines.bytes.count + 300)
        body.append("{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":")
        body.append(contentsOf: JSONString.quoted(service).utf8)
        body.append("}}]},\"scopeSpans\":[{\"scope\":{\"name\":\"gatehouse\"},\"spans\":[")
        var isFirst = true
        lines.forEachLine { line, _ in
            if !isFirst { body.append(",") }
            isFirst = false
            body += line
        }
        body.append("]}]}]}")
        return body
    }

    private func request(with body: [UInt8]) -> [UInt8] {
        let head = """
            POST \(endpoint.target) HTTP/1.1\r\nHost: \(endpoint.authority)\r\nUser-Agent: gatehouse\r\n\
            Content-Type: application/json\r\nContent-Length: \(body.count)\r\nConnection: close\r\n\r\n
            """
        return Array(head.utf8) + body
    }

    /// Is this a whole answer with a length? A collector may keep the connection though it was asked not to.
    private static func isWhole(_ answer: [UInt8]) -> Bool {
        guard let end = answer.firstRange(of: Array("\r\n\r\n".utf8)) else { return false }
        for line in String(decoding: answer[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "content-length" else { continue }
            return Int(parts[1].trimmingPrefix(" ")).map { answer.count - end.upperBound >= $0 } ?? false
        }
        return false
    }

    /// The status in a status line (RFC 9112 §4); nil if there is none.
    private static func status(of answer: [UInt8]) -> Int? {
        let words = String(decoding: answer.prefix(16), as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
        guard words.count > 1, words[0].hasPrefix("HTTP/1."), let status = Int(words[1].prefix(3)), (200...599).contains(status)
        else { return nil }
        return status
    }
}
