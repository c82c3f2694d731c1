import EventLoop
import HTTP
import Messages
import Transport

/// One connection to a service: requests and answers in turn, or a chat after an upgrade.
final class ServiceConnection {
    private let stream: Stream
    private let inflow: Inflow
    private let outflow: Outflow
    private let waiter: Waiter
    private let service: Service
    private let state: ServiceState
    private let head = RequestHead()
    /// The chat that this connection has become.
    private var member: ChatMember?
    private var isCut = false

    init(_ socket: Socket, service: Service, state: ServiceState) {
        stream = Stream(socket)
        inflow = Inflow(stream, buffers: state.buffers, chunkLimits: ChunkLimits(), from: .client)
        outflow = Outflow(stream, buffers: state.buffers)
        waiter = Waiter(loop: state.loop)
        socket.waiter = waiter
        self.service = service
        self.state = state
    }

    /// The connection's whole life.
    func run() async {
        do throws(ConnectionEnded) {
            while try await serveNext() {}
            stream.close()
        } catch {
            stream.abort()
        }
        inflow.discard()
        outflow.discard()
        waiter.retire()
    }

    /// Ends it now.
    func cut() {
        isCut = true
        member?.cut()
        waiter.tell()
    }

    /// The peer left, broke the rules of HTTP, or was too slow: there is nobody to answer.
    private struct ConnectionEnded: Error {}

    /// One request and its answer.
    /// - Returns: may there be another?
    private func serveNext() async throws(ConnectionEnded) -> Bool {
        head.reset()
        guard try await readHead() else { return false }
        if case .chat(let server) = service { return try await serveChat(server) }
        inflow.beginBody(head.framing)
        if head.expectsContinue, head.minorVersion == 1 {
            outflow.appendRaw { $0.append("HTTP/1.1 100 Continue\r\n\r\n") }
            try await flush()
        }
        let body = try await readBody()
        let answer: ServiceAnswer =
            switch service {
            case .echo: EchoAnswer.answer(to: head, body: body.kept, of: body.count)
            case .page, .chat: ChatPage.answer(to: head)
            }
        try await send(answer)
        return head.keepsAlive
    }

    /// - Returns: is there a request?
    private func readHead() async throws(ConnectionEnded) -> Bool {
        while true {
            do throws(HTTPRefusal) {
                let isWhole = try inflow.takeHead { span throws(HTTPRefusal) in try head.parse(span, limits: HeadLimits()) }
                if isWhole { return true }
            } catch {
                // The gateway sends nothing that is refused here; whoever else does is no guest.
                throw ConnectionEnded()
            }
            let hasBegun = inflow.hasBytes
            guard try await fill() else {
                if hasBegun { throw ConnectionEnded() }
                return false
            }
        }
    }

    /// The body's first bytes, and how many there were in all.
    private func readBody() async throws(ConnectionEnded) -> (kept: [UInt8], count: Int) {
        var kept: [UInt8] = []
        while true {
            let step: BodyState
            do throws(HTTPRefusal) { step = try inflow.nextBody() } catch { throw ConnectionEnded() }
            switch step {
            case .finished: return (kept, Int(clamping: inflow.bodyBytes))
            case .ready(let count):
                let room = EchoAnswer.maxBody - kept.count
                _ = try? inflow.drain { payload throws(PeerError) in
                    kept.append(payload.extracting(first: min(room, count)))
                    return count
                }
            case .needsBytes:
                guard try await fill() else { throw ConnectionEnded() }
            }
        }
    }

    private func send(_ answer: ServiceAnswer) async throws(ConnectionEnded) {
        let framing: BodyFraming = head.method == .head ? .none : .length(UInt64(answer.body.count))
        outflow.begin(framing) { out in
            StatusText.appendLine(answer.status, to: &out)
            out.append("Content-Type: ")
            out.append(answer.contentType)
            out.append("\r\nContent-Length: ")
            out.append(decimal: UInt64(answer.body.count))
            out.append("\r\nCache-Control: no-store\r\n")
            out.append(answer.fields)
            if !head.keepsAlive { out.append("Connection: close\r\n") }
            out.append("\r\n")
        }
        var sent = head.method == .head ? answer.body.count : 0
        while sent < answer.body.count {
            do {
                sent += try outflow.write(answer.body.span.extracting(sent..<answer.body.count))
            } catch {
                throw ConnectionEnded()
            }
            if sent < answer.body.count { try await wait(for: stream.writeInterest) }
        }
        try await flush()
    }

    // MARK: Chat

    /// RFC 6455 §4.2: answers the handshake; the chat then has the connection to its end.
    private func serveChat(_ server: String) async throws(ConnectionEnded) -> Bool {
        inflow.beginBody(head.framing)
        guard let refusal = ChatHandshake.refusal(of: head, rooms: state.rooms) else {
            let accept = ChatHandshake.accept(head)
            outflow.appendRaw { $0.append(accept.span) }
            let guest = ChatGuest(query: head.string(head.query))
            let member = ChatMember(
                name: guest.name, server: server, inflow: inflow, outflow: outflow, waiter: waiter, loop: state.loop)
            self.member = member
            await member.run(in: state.rooms.room(named: guest.room))
            return false
        }
        _ = try await readBody()
        try await send(refusal)
        return head.keepsAlive
    }

    // MARK: Waiting

    /// - Returns: have bytes come? False at the end of the stream.
    private func fill() async throws(ConnectionEnded) -> Bool {
        while true {
            do {
                switch try inflow.read() {
                case .progress: return true
                case .end, .full: return false
                case .blocked: break
                }
            } catch {
                throw ConnectionEnded()
            }
            try await wait(for: stream.readInterest)
        }
    }

    private func flush() async throws(ConnectionEnded) {
        while true {
            do {
                if try outflow.flush() { return }
            } catch {
                throw ConnectionEnded()
            }
            try await wait(for: stream.writeInterest)
        }
    }

    private func wait(for interest: Socket.Interest) async throws(ConnectionEnded) {
        stream.socket.interest = interest
        let wake = isCut ? .told : await waiter.wait(timeout: Self.patience)
        stream.socket.interest = .none
        if isCut || wake == .deadline { throw ConnectionEnded() }
    }

    /// Longer than the gateway keeps an idle connection, so that it is the one that closes.
    private static let patience: UInt64 = 90_000_000_000
}

/// A service's answer to a request.
struct ServiceAnswer {
    var status = 200
    var contentType: StaticString
    /// Further field lines, each with its CRLF.
    var fields: StaticString = ""
    var body: [UInt8]
}
