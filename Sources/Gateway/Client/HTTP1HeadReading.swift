import EventLoop
import HTTP
import Messages
import Transport

/// How a session reads a request's head.
extension HTTP1Session {
    enum HeadRead {
        /// `head` is whole.
        case request
        /// No byte of a request has come.
        case nothing
        /// The client has nothing more to ask, or left.
        case end
        /// The preface of HTTP/2, on a connection where that may be.
        case http2
    }

    /// Requests that are read one after another before others have their turn.
    private static let requestsPerTurn = 8

    /// Reads until a head is complete, if it has begun.
    @inline(__always)  // Price 7.
    nonisolated(nonsending) func readHead() async throws(Failure) -> HeadRead {
        var deadline: UInt64?
        if requestsInTurn >= Self.requestsPerTurn { await giveTurn() }
        while true {
            if inflow.hasBytes {
                switch preface {
                case .none:
                    if try parseHead() {
                        requestsInTurn += 1
                        return .request
                    }
                case .begun: head = head ?? resources.heads.acquireRequest()
                case .whole: return .http2
                }
            }
            let read: BodyRead
            do {
                read = try inflow.read()
            } catch {
                endpoint.logBrokenTLS(error, to: log)
                if hasBegunHead { throw Failure.clientLeft(error) }
                return .end
            }
            switch read {
            case .progress: continue
            case .blocked: break
            case .full: throw Failure(HTTPRefusal(.headTooLarge))
            case .end:
                if hasBegunHead { throw Failure.clientLeft() }
                return .end
            }
            requestsInTurn = 0
            guard head != nil else { return .nothing }
            guard try await waitForHead(&deadline) else { return .end }
        }
    }

    /// A client that sends many requests at once must not keep the others of this loop waiting: answers of our own wait for
    /// nothing.
    private nonisolated(nonsending) func giveTurn() async {
        requestsInTurn = 0
        await resources.loop.yield()
    }

    private enum Preface { case none, begun, whole }

    /// RFC 9113 §3.3: prior knowledge. Only a connection's first bytes can be the preface.
    private var preface: Preface {
        guard !hasServed, endpoint.takesPlainHTTP2 else { return .none }
        var preface = Preface.none
        _ = try? inflow.takeHead { span in
            preface =
                switch HTTP2Preface.begins(span) {
                case true?: .whole
                case false?: .none
                case nil: .begun
                }
            return nil
        }
        return preface
    }

    /// Has more come of a request than the empty lines that may stand before it (RFC 9112 §2.2)?
    private var hasBegunHead: Bool {
        var hasBegun = false
        _ = try? inflow.takeHead { span in
            hasBegun = span.indices.contains { span[$0] != 0x0D && span[$0] != 0x0A }
            return nil
        }
        return hasBegun
    }

    private func parseHead() throws(Failure) -> Bool {
        let head = self.head ?? resources.heads.acquireRequest()
        self.head = head
        let limits = endpoint.limits.head
        do throws(HTTPRefusal) {
            return try inflow.takeHead { span throws(HTTPRefusal) in try head.parse(span, limits: limits) }
        } catch {
            throw Failure(error)
        }
    }

    /// Nothing more of the head is read: what has come is for the log.
    func showUnfinishedHead() {
        guard let head else { return }
        let limits = endpoint.limits.head
        _ = try? inflow.takeHead { span in
            head.abandon(span, limits: limits)
            return nil
        }
    }

    /// A head has begun: it must be complete by its deadline.
    /// - Returns: false if that has passed, and nothing but an empty line has come: some clients send one behind a body, and what
    ///   they were told now they would take for the answer to their next request.
    private nonisolated(nonsending) func waitForHead(_ deadline: inout UInt64?) async throws(Failure) -> Bool {
        let now = resources.now
        let end = deadline ?? now &+ endpoint.limits.headTimeout
        deadline = end
        stream.watch(reading: true, writing: false)
        let wake = end > now ? await waiter.wait(timeout: end - now) : .deadline
        stream.watch(reading: false, writing: false)
        guard wake == .deadline, resources.now >= end else { return true }
        guard hasBegunHead else { return false }
        throw Failure(
            .headTimeout, key: "limits.head_timeout",
            clientDetail: "The request did not come to its end in time: an empty line ends its head.")
    }
}
