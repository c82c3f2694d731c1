import ACME
package import EventLoop
import HTTP
package import Logging
import Messages
import Protection

/// Fetches the keys of one URL (RFC 7517), again and again, and as soon as a token names one that is not known: on a thread of
/// its kind's own, so no request waits for it.
package actor KeyFetcher {
    package nonisolated let loop: EventLoop
    private let keys: FetchedKeys
    /// Nanoseconds.
    private var refresh: UInt64
    private let log: Logger
    private let waiter: Waiter
    private let calls: ServiceCalls
    private var isStopped = false
    /// Monotonic nanoseconds: when the next fetch is.
    private var next: UInt64 = 0
    /// When the last one that succeeded was; a shorter `refresh` counts from there.
    private var fetched: UInt64?
    /// How many fetches in a row have failed.
    private var failures = 0
    /// The words that were told of the last failure.
    private var saidProblem: String?
    /// The last keys, as they came.
    private var text: [UInt8]?

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The actor holds its loop, which whoever runs it stops when it has ended.
        unsafe loop.asUnownedSerialExecutor()
    }

    /// - Parameters:
    ///   - refresh: seconds, the most between two fetches.
    ///   - loop: started, and of such actors alone.
    package init(_ keys: FetchedKeys, refresh: UInt64, loop: EventLoop, log: Logger) {
        self.keys = keys
        self.loop = loop
        self.log = log
        self.refresh = refresh * 1_000_000_000
        waiter = Waiter(loop: loop)
        calls = ServiceCalls(waiter)
    }

    /// - Parameter refresh: seconds, from now on.
    package func use(refresh: UInt64) {
        let refresh = refresh * 1_000_000_000
        guard refresh != self.refresh else { return }
        self.refresh = refresh
        if let fetched, failures == 0 { next = min(next, fetched &+ refresh) }
        waiter.notify()
    }

    /// Until `stop()`.
    package func run() async {
        keys.whenMissed { [weak self] in Task { await self?.fetchSoon() } }
        while !isStopped {
            if next <= loop.now { await fetch() }
            let now = loop.now
            if !isStopped, now < next { _ = await waiter.wait(timeout: next - now) }
        }
        keys.whenMissed(nil)
        calls.close()
        waiter.retire()
    }

    /// Ends what is under way.
    package func stop() {
        isStopped = true
        calls.stop()
    }

    private func fetchSoon() {
        next = 0
        waiter.notify()
    }

    // MARK: -

    private struct Failed: Error {
        var reason: String
    }

    private func fetch() async {
        next = .max
        do throws(Failed) {
            try use(try await ask())
            failures = 0
            fetched = loop.now
        } catch {
            guard !isStopped else { return }
            failures += 1
            refuse(error.reason)
        }
        // A token may have named another key meanwhile.
        let pause = KeySchedule.pause(refresh: refresh, failures: failures, chance: Double.random(in: 0..<1))
        next = min(next, loop.now &+ pause)
    }

    private func use(_ answer: [UInt8]) throws(Failed) {
        let known: WebKeys
        do throws(WebKeys.Fault) { known = try WebKeys(answer, isIssuers: true) } catch {
            throw Failed(reason: "the answer \(error.reason)")
        }
        let problem = keys.use(known, text: answer, now: Int64(realtimeNanoseconds() / 1_000_000_000))
        saidProblem = nil
        guard answer != text else { return }
        text = answer
        var facts: Logger.Metadata = ["url": "\(keys.url)", "keys": "\(known.count)"]
        if let problem { facts["kept"] = "no: \(problem)" }
        if let fault = known.faults.first { facts["passed_over"] = "\(known.faults.count), the first: \(fault)" }
        log.log(level: known.faults.isEmpty ? .info : .warning, "an issuer's keys are in use", metadata: facts)
    }

    private func refuse(_ reason: String) {
        keys.fail(reason)
        let isOpen = if case .success = keys.shared.value { true } else { false }
        let facts: Logger.Metadata = [
            "url": "\(keys.url)", "reason": "\(reason)", "key": "jwt.jwks_url",
            "meanwhile": isOpen ? "the last ones hold" : "nobody is let in",
        ]
        // The same once more is for who looks closely.
        let level: Logger.Level = saidProblem == reason ? .info : isOpen ? .warning : .error
        saidProblem = reason
        log.log(level: level, "an issuer's keys cannot be fetched", metadata: facts)
    }

    private func ask() async throws(Failed) -> [UInt8] {
        let url = keys.url
        let request = ServiceCalls.request(.get, to: url, accept: "application/jwk-set+json, application/json")
        do throws(ServiceCalls.Failure) {
            return try await calls.send(request, to: url, caFile: keys.caFile, maxBodyBytes: WebKeys.maxBytes)
        } catch {
            switch error {
            case .unreachable(let reason): throw Failed(reason: reason)
            case .call(let error): throw Failed(reason: error.description)
            case .status(let status): throw Failed(reason: "status \(status)")
            }
        }
    }
}
