import Buffers
import EventLoop
import HTTP
import Transport

/// A call's bytes, both ways at once, since a server may answer before it has read everything, in one version of HTTP. It never
/// waits.
protocol CallExchange: AnyObject {
    /// Sends and reads what can be without waiting, in bounded steps.
    func move() throws(CallError) -> CallMove
    /// Is the whole request with the kernel, or can nothing more be sent?
    var isSent: Bool { get }
    /// Gives the buffers back to their pool.
    func discard()
}

/// What a call can do next.
enum CallMove {
    case answered(Call.Answer)
    /// There is more to do, after others have had a turn.
    case busy
    case blocked(Socket.Interest)
}

/// A call in HTTP/1.
final class HTTP1CallExchange: CallExchange {
    private let stream: Stream
    private let inflow: Inflow
    private let outflow: Outflow
    private let limits: Call.Limits
    private let method: Method
    /// Has it credentials that may hold for whatever else comes over its connection?
    private let isOneClients: Bool

    private let request: [UInt8]
    /// Bytes of the request's body that were handed over.
    private var sent = 0
    private(set) var isSent = false

    private let head = ResponseHead()
    private var hasHead = false
    /// Does the server keep the connection after the answer?
    private var isKept = false
    /// May the connection carry another call, once the answer is there?
    private(set) var isReusable = false
    private var interimAnswers = 0
    private var body: [UInt8] = []
    /// Gets the body in place of `body`; false: enough.
    private let taking: ((Span<UInt8>) -> Bool)?
    private var isTaken: Bool { taking != nil && head.status == 200 }

    /// - Parameter isLast: whether the server is told to close the connection after its answer.
    init(
        _ request: Call.Request, on stream: Stream, buffers: BufferPool, limits: Call.Limits, isLast: Bool = true,
        taking: ((Span<UInt8>) -> Bool)? = nil
    ) {
        self.taking = taking
        self.stream = stream
        self.limits = limits
        self.request = request.body ?? []
        method = request.method
        isOneClients = request.fields.authenticatesConnection
        inflow = Inflow(stream, buffers: buffers, chunkLimits: ChunkLimits(), from: .upstream)
        outflow = Outflow(stream, buffers: buffers)
        let head = request.head(isLast: isLast)
        outflow.begin(self.request.isEmpty ? .none : .length(UInt64(self.request.count))) { $0.write(head) }
    }

    func discard() {
        inflow.discard()
        outflow.discard()
    }

    func move() throws(CallError) -> CallMove {
        send()
        for _ in 0..<8 {
            if let answer = try takeAnswer() {
                isReusable = isKept && !isOneClients && isSent && inflow.isClean && outflow.isFinished && !stream.hasUnsent
                return .answered(answer)
            }
            switch try read() {
            case .progress: continue
            case .full: throw .tooLarge(.head)
            case .end: throw hasHead ? .truncated : .noAnswer
            case .blocked:
                let reading = stream.readInterest
                return .blocked(isSent ? reading : reading.union(stream.writeInterest))
            }
        }
        return .busy
    }

    // MARK: -

    /// 100 and 103, and whatever else a chain of servers may say before its answer.
    private static let maxInterimAnswers = 16

    private func send() {
        guard !isSent else { return }
        do throws(PeerError) {
            isSent = try sendRequest()
        } catch {
            // RFC 9112 §9.5: who stops reading may have answered before; if not, reading tells what broke.
            isSent = true
        }
    }

    /// - Returns: is everything with the kernel?
    private func sendRequest() throws(PeerError) -> Bool {
        let body = request
        while sent < body.count {
            let count = try outflow.write(body.span.extracting(sent..<body.count))
            guard count > 0 else { return false }
            sent += count
        }
        return try outflow.flush()
    }

    private func read() throws(CallError) -> BodyRead {
        do throws(PeerError) {
            return try inflow.read()
        } catch {
            if error.isEndWithoutCloseNotify { throw hasHead ? .truncated : .noAnswer }
            throw .broken(error)
        }
    }

    private func takeAnswer() throws(CallError) -> Call.Answer? {
        while !hasHead {
            guard try takeHead() else { return nil }
            if head.status == 101 { throw .switchedProtocols }
            guard !head.isInterim else {
                interimAnswers += 1
                guard interimAnswers <= Self.maxInterimAnswers else { throw .tooManyInterimAnswers }
                head.reset()
                continue
            }
            hasHead = true
            guard limits.maxBodyBytes != nil else { return answer }
            try beginBody()
        }
        return try takeBody() ? answer : nil
    }

    private var answer: Call.Answer {
        Call.Answer(status: head.status, fields: head.fields, body: body, trailers: FieldSection())
    }

    private func takeHead() throws(CallError) -> Bool {
        var bounds = HeadLimits()
        bounds.maxHeadBytes = limits.maxHeadBytes
        do throws(HTTPRefusal) {
            return try inflow.takeHead { span throws(HTTPRefusal) in try head.parse(span, limits: bounds) }
        } catch {
            throw CallError(error)
        }
    }

    private func beginBody() throws(CallError) {
        let framing: BodyFraming
        do throws(HTTPRefusal) { framing = try BodyFraming.ofResponse(head, to: method) } catch { throw .malformed(error) }
        isKept = head.keepsAlive && !framing.isUntilClose
        if case .none = framing, head.mayBeFollowedByBody(to: method) { isKept = false }
        if !isTaken, case .length(let length) = framing, length > UInt64(limits.maxBodyBytes ?? 0) { throw .tooLarge(.body) }
        inflow.beginBody(framing)
    }

    /// - Returns: is the body complete?
    private func takeBody() throws(CallError) -> Bool {
        while true {
            let next: BodyState
            do throws(HTTPRefusal) { next = try inflow.nextBody() } catch { throw .malformed(error) }
            switch next {
            case .finished: return true
            case .needsBytes: return false
            case .ready where isTaken:
                var isEnough = false
                _ = try? inflow.drain { payload throws(PeerError) in
                    isEnough = taking?(payload) == false
                    return payload.count
                }
                if isEnough { throw .stopped }
            case .ready(let count):
                guard count <= (limits.maxBodyBytes ?? 0) - body.count else { throw .tooLarge(.body) }
                _ = try? inflow.drain { payload throws(PeerError) in
                    body.append(payload)
                    return payload.count
                }
            }
        }
    }
}
