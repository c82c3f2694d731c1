package import Buffers
package import EventLoop
import HTTP
import Messages
package import TLS
import Transport

/// Asks one server again and again whether it is well. There is one for each server and process.
package final class Prober {
    /// How a server is asked. Times in nanoseconds.
    package struct Settings: Sendable, Equatable {
        /// What is asked.
        package enum Question: Sendable, Equatable {
            /// Does it take a connection (and shake hands, if it speaks TLS)?
            case tcp
            /// Does it answer a GET of this path with one of these statuses?
            case http(path: String, statuses: [ClosedRange<Int>])
        }

        package var question = Question.http(path: "/health", statuses: [200...399])
        /// The value of `Host`; nil: the server's own.
        package var host: String?
        /// Between probes, give or take a tenth, so that gateways that were started together do not ask together.
        package var interval: UInt64 = 30_000_000_000
        /// For a whole probe.
        package var timeout: UInt64 = 5_000_000_000

        package init() {}
    }

    private let server: UpstreamServer
    private let settings: Settings
    private let waiter: Waiter
    private let buffers: BufferPool
    private let tls: TLSClientContext?
    private let addresses: ServerAddresses
    private var isStopped = false

    /// - Throws: when the server's TLS files cannot be used.
    package init(
        _ server: UpstreamServer, settings: Settings, loop: EventLoop, buffers: BufferPool, names: NameCache
    ) throws(TLSError) {
        self.server = server
        self.settings = settings
        self.buffers = buffers
        waiter = Waiter(loop: loop)
        addresses = ServerAddresses(server, names: names)
        if let settings = server.tls { tls = try TLSClientContext(settings) } else { tls = nil }
    }

    /// Probes until `stop()`, at once for the first time.
    package nonisolated(nonsending) func run() async {
        let loop = waiter.loop
        while !isStopped {
            let began = loop.now
            let (isWell, finding) = await probe()
            if isStopped { break }
            server.probed(ProbeHistory.Last(at: loop.now, finding: finding, isWell: isWell), now: loop.now)
            let pause = ProbePause.next(settings.interval, draw: UInt64.random(in: 0...UInt64.max))
            let due = began &+ pause
            while !isStopped, loop.now < due { _ = await waiter.wait(timeout: due - loop.now) }
        }
        waiter.retire()
    }

    /// Ends `run()`. On the prober's loop.
    package func stop() {
        isStopped = true
        waiter.tell()
    }

    private struct Unwell: Error {
        let finding: String
    }

    private nonisolated(nonsending) func probe() async -> (isWell: Bool, finding: String) {
        let began = waiter.loop.now
        do throws(Unwell) {
            let stream = try await connect()
            defer { stream.close() }
            guard case .http(let path, let statuses) = settings.question else { return (true, "connected") }
            let status = try await ask(stream, path, deadline: began &+ settings.timeout)
            let isExpected = statuses.contains { $0.contains(status) }
            return (isExpected, "status \(status) after \((waiter.loop.now &- began) / 1_000_000) ms")
        } catch {
            addresses.doubt()
            return (false, error.finding)
        }
    }

    private nonisolated(nonsending) func connect() async throws(Unwell) -> Stream {
        do throws(TransportError) {
            return try await Stream.connect(
                toAnyOf: try await addresses.next(waiter, timeout: settings.timeout), tls: tls, waiter: waiter,
                connectTimeout: settings.timeout,
                handshakeTimeout: settings.timeout)
        } catch {
            throw Unwell(finding: error.description)
        }
    }

    /// Sends the request and reads the answer's status.
    private nonisolated(nonsending) func ask(_ stream: Stream, _ path: String, deadline: UInt64) async throws(Unwell) -> Int {
        stream.socket.waiter = waiter
        let outflow = Outflow(stream, buffers: buffers)
        let inflow = Inflow(stream, buffers: buffers, chunkLimits: ChunkLimits(), from: .upstream)
        defer {
            stream.socket.interest = .none
            outflow.discard()
            inflow.discard()
        }
        write(path, to: outflow)
        do {
            while try !outflow.flush() { try await wait(stream, stream.writeInterest, deadline) }
            let head = ResponseHead()
            while true {
                if try parse(head, inflow) {
                    if !head.isInterim { return head.status }
                    head.reset()
                    continue
                }
                switch try inflow.read() {
                case .progress: continue
                case .blocked: try await wait(stream, stream.readInterest, deadline)
                case .end, .full: throw Unwell(finding: "no answer")
                }
            }
        } catch {
            throw (error as? Unwell) ?? Unwell(finding: "\(error)")
        }
    }

    private func write(_ path: String, to outflow: Outflow) {
        let host = settings.host.map { Array($0.utf8) } ?? server.authority
        outflow.begin(.none) { out in
            out.append("GET ")
            out.append(contentsOf: server.basePath)
            out.append(contentsOf: path.utf8)
            out.append(" HTTP/1.1\r\nHost: ")
            out.append(contentsOf: host)
            out.append("\r\nUser-Agent: gatehouse-probe\r\nAccept: */*\r\nConnection: close\r\n\r\n")
        }
    }

    private func parse(_ head: ResponseHead, _ inflow: Inflow) throws(Unwell) -> Bool {
        do throws(HTTPRefusal) {
            return try inflow.takeHead { span throws(HTTPRefusal) in try head.parse(span, limits: HeadLimits()) }
        } catch {
            throw Unwell(finding: "a malformed answer: \(error.code)")
        }
    }

    private nonisolated(nonsending) func wait(
        _ stream: Stream, _ interest: Socket.Interest, _ deadline: UInt64
    ) async throws(TransportError) {
        let now = waiter.loop.now
        guard now < deadline, !isStopped else { throw .timedOut }
        stream.socket.interest = interest
        _ = await waiter.wait(timeout: deadline - now)
    }
}

/// When the next probe is due.
enum ProbePause {
    /// Nine to eleven tenths of the interval.
    /// - Parameter draw: a random number.
    static func next(_ interval: UInt64, draw: UInt64) -> UInt64 {
        let spread = interval / 5
        return interval - interval / 10 + (spread == 0 ? 0 : draw % spread)
    }
}
