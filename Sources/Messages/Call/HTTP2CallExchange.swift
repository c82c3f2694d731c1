import Buffers
import EventLoop
import HTTP
import HTTP2
import Transport

/// A call in HTTP/2: one stream of a connection of its own.
final class HTTP2CallExchange: CallExchange {
    private let http2: HTTP2Connection
    private let stream: HTTP2Stream
    private let transport: Stream
    private let limits: Call.Limits
    private let request: [UInt8]
    /// Bytes of the request's body that were handed over.
    private var sent = 0
    private var isFlushed = false
    private let head = ResponseHead()
    private var hasHead = false
    private var body: [UInt8] = []

    init(_ request: Call.Request, on transport: Stream, buffers: BufferPool, loop: EventLoop, limits: Call.Limits) {
        self.transport = transport
        self.limits = limits
        self.request = request.body ?? []
        var bounds = HeadLimits()
        bounds.maxHeadBytes = limits.maxHeadBytes
        http2 = HTTP2Connection(
            transport, as: .client, buffers: buffers, loop: loop, limits: StreamLimits(head: bounds, trailers: ChunkLimits()))
        stream = http2.makeRequestStream()
        http2.open(stream, isToHead: request.method == .head)
        let (text, parts) = request.parts
        stream.begin(self.request.isEmpty ? .none : .length(UInt64(self.request.count))) {
            FieldEncoder.appendRequest(text.span, parts, isHTTPS: transport.tls != nil, to: &$0)
        }
    }

    func discard() {
        stream.inflow.discard()
        http2.discard()
    }

    var isSent: Bool { isFlushed && stream.outflow.hasEnded }

    func move() throws(CallError) -> CallMove {
        do throws(PeerError) {
            try send()
            for _ in 0..<8 {
                let read = try http2.receive()
                if let answer = try takeAnswer() { return .answered(answer) }
                if stream.hasLeft { throw stream.ending }
                if read == .end { throw .broken("the server closed the connection") }
                if read == .progress { continue }
                try send()
                let reading = transport.readInterest
                return .blocked(isFlushed ? reading : reading.union(transport.writeInterest))
            }
            return .busy
        } catch {
            if let refusal = stream.answer.refusal { throw CallError(refusal) }
            throw .broken(error)
        }
    }

    // MARK: -

    private func send() throws(PeerError) {
        let request = request
        // Whatever is wrong with the stream, its answer says.
        while sent < request.count, !stream.hasLeft {
            let count = try stream.outflow.write(request.span.extracting(sent..<request.count))
            guard count > 0 else { break }
            sent += count
        }
        isFlushed = try http2.flush()
    }

    /// - Returns: nil as long as there is more to come.
    private func takeAnswer() throws(PeerError) -> Call.Answer? {
        do throws(HTTPRefusal) {
            while !hasHead {
                guard try stream.answer.take(into: head, limits: HeadLimits()) else { return nil }
                if head.isInterim { head.reset() } else { hasHead = true }
            }
            guard let most = limits.maxBodyBytes else { return answer }
            while case .ready(let count) = try stream.inflow.nextBody() {
                guard count <= most - body.count else { throw HTTPRefusal(.fieldTooLarge, from: .upstream) }
                takeBody()
            }
        } catch {
            stream.answer.refusal = error
            throw .broken(error.code)
        }
        return stream.inflow.isBodyFinished ? answer : nil
    }

    private func takeBody() {
        _ = try? stream.inflow.drain { payload throws(PeerError) in
            body.append(payload)
            return payload.count
        }
    }

    private var answer: Call.Answer {
        Call.Answer(status: head.status, fields: head.fields, body: body, trailers: stream.inflow.trailers)
    }
}

extension Call.Request {
    /// The request as HTTP/2 sends it.
    fileprivate var parts: (text: [UInt8], parts: RequestParts) {
        var out: [UInt8] = []
        func range(_ append: (inout [UInt8]) -> Void) -> Range<Int> {
            let start = out.count
            append(&out)
            return start..<out.count
        }
        let method = range { $0.append(self.method.name ?? "") }
        let authority = range { $0.append(self.authority.span) }
        let path = range { $0.append(target.span) }
        let lines = range { out in
            fields.appendLines(to: &out)
            out.append("TE: trailers\r\n")
            guard let body else { return }
            out.append("Content-Length: ")
            out.append(decimal: UInt64(body.count))
            out.append("\r\n")
        }
        return (out, RequestParts(method: method, authority: authority, path: path, lines: lines))
    }
}
