package import Buffers
package import EventLoop
import HTTP
import Messages
package import TLS
import Transport

/// Asks one server again and again whether it is healthy. There is one for each server and process.
package final class Prober {
    /// How a server is asked. Times in nanoseconds.
    package struct Settings: Sendable, Equatable {
        /// What is asked.
        package enum Question: Sendable, Equatable {
            /// Does it take a connection (and shake hands, if it speaks TLS)?
            case tcp
            /// Does it answer a GET of this path with one of these statuses?
            case http(path: String, statuses: [ClosedRange<Int>])
            /// Does it say of this service of gRPC's that it is being served (`grpc.health.v1`)? The empty one: of itself.
            case grpc(service: String)
        }

        package var question = Question.http(path: "/health", statuses: [200...399])
        /// The value of `Host`; nil: the server's own.
        package var host: String?
        /// The time between probes, give or take a tenth, so that gateways that were started together do not ask together.
        package var interval: UInt64 = 30_000_000_000
        /// How long a whole probe may take.
        package var timeout: UInt64 = 5_000_000_000

        package init() {}
    }

    private let server: UpstreamServer
    private let settings: Settings
    private let waiter: Waiter
    private let call: Call
    private let tls: TLSClientContext?
    private let addresses: ServerAddresses
    private let share: Share?
    private var isStopped = false

    /// A server whose probes a fleet shares out.
    package struct Share {
        let probes: SharedProbes
        let set: ProbeSet
        /// The server's index in the set.
        package let index: Int

        package init(_ probes: SharedProbes, _ set: ProbeSet, index: Int) {
            (self.probes, self.set, self.index) = (probes, set, index)
        }
    }

    /// - Parameter share: nil: it is probed here alone.
    /// - Throws: when the server's TLS files cannot be used.
    package init(
        _ server: UpstreamServer, settings: Settings, share: Share? = nil, loop: EventLoop, buffers: BufferPool,
        names: NameCache
    ) throws(TLSError) {
        self.server = server
        self.share = share
        self.settings = settings
        waiter = Waiter(loop: loop)
        call = Call(waiter: waiter, buffers: buffers)
        addresses = ServerAddresses(server, names: names)
        tls = try Self.tlsSettings(of: server, settings.question).map { settings throws(TLSError) in
            try TLSClientContext(settings)
        }
    }

    /// A server that may choose is asked in HTTP/1.1, unless the question is of HTTP/2 alone.
    private static func tlsSettings(of server: UpstreamServer, _ question: Settings.Question) -> TLSClientContext.Settings? {
        guard var settings = server.tls, server.parameters.version == .negotiated else { return server.tls }
        if case .grpc = question { settings.protocols = ["h2"] } else { settings.protocols = ["http/1.1"] }
        return settings
    }

    /// Probes until `stop()`, at once for the first time.
    ///
    /// Where another member of the fleet probes the server, its word is taken as long as it is what is known here, too. A word
    /// that is another one is confirmed by a probe of one's own: who finds otherwise probes on, until both agree. So nobody loses
    /// a server that only one member does not reach.
    package nonisolated(nonsending) func run() async {
        let loop = waiter.loop
        var due = loop.now
        var isCovered = false
        while !isStopped {
            let duty = self.duty
            if case .other(let verdict, let end) = duty, verdict.isHealthy == server.state.isHealthyByProbes {
                isCovered = true
                _ = await waiter.wait(timeout: end - min(end, loop.now))
                continue
            }
            if isCovered {
                isCovered = false
                due =
                    loop.now &+ (duty == .own ? ProbePause.first(settings.interval, draw: UInt64.random(in: 0...UInt64.max)) : 0)
            }
            if loop.now < due {
                _ = await waiter.wait(timeout: due - loop.now)
                continue
            }
            due = loop.now &+ ProbePause.next(settings.interval, draw: UInt64.random(in: 0...UInt64.max))
            let found = await probe()
            if !isStopped, let (isHealthy, finding) = found { take(finding, isHealthy: isHealthy, duty) }
        }
        waiter.retire()
    }

    private var duty: SharedProbes.Duty {
        share.map { $0.probes.duty($0.index, in: $0.set, now: waiter.loop.now) } ?? .own
    }

    private func take(_ finding: String, isHealthy: Bool, _ duty: SharedProbes.Duty) {
        let now = waiter.loop.now
        if case .other(let verdict, _) = duty, verdict.isHealthy == isHealthy {
            let said = verdict.finding.isEmpty ? "" : ": \(verdict.finding)"
            let finding = "\(finding), as \(verdict.member) says\(said)"
            server.confirmed(ProbeHistory.Last(at: now, finding: finding, isHealthy: isHealthy), now: now)
        } else {
            server.probed(ProbeHistory.Last(at: now, finding: finding, isHealthy: isHealthy), now: now)
        }
        let verdict = server.state.isHealthyByProbes
        share.map { $0.probes.note($0.index, in: $0.set, isHealthy: verdict, finding: finding) }
    }

    /// Another member may probe it from now on, or say something else. On the prober's loop.
    package func lookAgain() { waiter.notify() }

    /// Its index among the servers whose probes a fleet shares out; nil: it is none of them.
    package var index: Int? { share?.index }

    /// Ends `run()`. On the prober's loop.
    package func stop() {
        isStopped = true
        call.stop()
    }

    /// - Returns: nil if we lack descriptors or memory ourselves, which says nothing about the server.
    private nonisolated(nonsending) func probe() async -> (isHealthy: Bool, finding: String)? {
        let began = waiter.loop.now
        do throws(CallError) {
            var target = Call.Server(addresses: try await resolve(), tls: tls)
            if let version = server.parameters.proxyHeader { target.preface = .ownHeader(version) }
            let limits = limits(since: began)
            target.speaksHTTP2 = server.parameters.version == .http2
            switch settings.question {
            case .tcp:
                try await call.connect(to: target, limits: limits)
                return (true, "connected")
            case .http(let path, let statuses):
                let status = try await call.send(request(path), to: target, limits: limits).status
                let isExpected = statuses.contains { $0.contains(status) }
                return (isExpected, "status \(status) after \((waiter.loop.now &- began) / 1_000_000) ms")
            case .grpc(let service):
                var limits = limits
                limits.maxBodyBytes = GRPCHealth.maxBytes
                let question = GRPCHealth.request(service, authority: authority, basePath: server.basePath)
                let (isServing, finding) = GRPCHealth.finding(try await call.send(question, to: target, limits: limits))
                return (isServing, "\(finding) after \((waiter.loop.now &- began) / 1_000_000) ms")
            }
        } catch {
            if case .connect(let cause) = error, cause.isExhaustion { return nil }
            addresses.expire()
            return (false, error.description)
        }
    }

    private nonisolated(nonsending) func resolve() async throws(CallError) -> [SocketAddress] {
        do throws(TransportError) {
            return try await addresses.ordered(waiter, timeout: settings.timeout)
        } catch {
            throw .connect(error)
        }
    }

    /// What the look-up has left of a probe's time; of an answer the status alone is asked for.
    private func limits(since began: UInt64) -> Call.Limits {
        let spent = waiter.loop.now &- began
        var limits = Call.Limits()
        limits.timeout = settings.timeout > spent ? settings.timeout - spent : 0
        limits.connectTimeout = limits.timeout
        limits.handshakeTimeout = limits.timeout
        limits.maxBodyBytes = nil
        return limits
    }

    private var authority: [UInt8] { settings.host.map { Array($0.utf8) } ?? server.authority }

    private func request(_ path: String) -> Call.Request {
        var request = Call.Request(.get, server.basePath + Array(path.utf8), authority: authority)
        request.fields.append("User-Agent", "gatehouse-probe")
        request.fields.append("Accept", "*/*")
        return request
    }
}

/// When the next probe is due.
enum ProbePause {
    /// The pause before the first probe of a server that another member has probed until now: not all of its servers at once.
    /// - Parameter draw: a random number.
    static func first(_ interval: UInt64, draw: UInt64) -> UInt64 { draw % max(1, interval / 10) }

    /// Nine to eleven tenths of the interval.
    /// - Parameter draw: a random number.
    static func next(_ interval: UInt64, draw: UInt64) -> UInt64 {
        let spread = interval / 5
        return interval - interval / 10 + (spread == 0 ? 0 : draw % spread)
    }
}
