import EventLoop
import Gateway
import Glibc
import Logging
import Synchronization
import Transport

/// Tells the service manager how the service is, as `Type=notify-reload` wants it (sd_notify(3), systemd.service(5)).
final class ServiceNotifier: Sendable {
    private let socket: NotifySocket
    private let log: Logger
    private let gateway: Gateway
    /// Nanoseconds; nil if the manager does not watch this process.
    private let watchdog: UInt64?
    /// Another process speaks for the service now.
    private let hasLeft = Atomic<Bool>(false)
    /// Nil if the manager keeps no sockets.
    private let store: SocketStore?

    /// - Parameter passed: the sockets that were open before this process.
    /// - Returns: nil if no manager wants to know.
    init?(_ gateway: Gateway, passed: [PassedSocket], _ log: Logger) {
        guard let text = Environment.value("NOTIFY_SOCKET"), !text.isEmpty else { return nil }
        guard let socket = NotifySocket(text) else {
            log.warning(
                "the service manager is not told anything: NOTIFY_SOCKET is neither a path nor an abstract name",
                metadata: ["NOTIFY_SOCKET": "\(text)"])
            return nil
        }
        self.socket = socket
        self.log = log
        self.gateway = gateway
        store = SocketStore(socket, inherited: passed, log)
        watchdog = Self.watchdogTime
    }

    /// It serves, from the start or after a reload.
    func ready() async {
        await keepSockets()
        send(["READY=1", "MAINPID=\(getpid())", "STATUS=\(serving)"])
    }

    /// A reload begins; `ready` or `refused` ends it.
    func reloading() {
        // The manager takes it for the answer to its signal only if it is of a later time than that.
        send(["RELOADING=1", "MONOTONIC_USEC=\(monotonicNanoseconds() / 1000)", "STATUS=reloading"])
    }

    /// The reload is over; one that was refused has changed nothing.
    func reloaded(_ outcome: Reloader.Outcome) async {
        switch outcome {
        case .done: await ready()
        case .refused(let problems):
            send(["READY=1", "STATUS=\(serving); the last reload was refused, see the log (problems: \(problems.count))"])
        }
    }

    /// - Parameter time: nanoseconds that stopping may take: the manager kills who takes longer than it knows of.
    func stopping(within time: UInt64) {
        send(["STOPPING=1", "EXTEND_TIMEOUT_USEC=\(time / 1000)", "STATUS=stopping"])
    }

    /// Another process is the service from now on: the manager hears it from the one that it knows, and nothing more from it.
    func leave(to successor: Int32) {
        send(["MAINPID=\(successor)"])
        hasLeft.store(true, ordering: .relaxed)
    }

    /// The other process has ended before it took over: this one is the service as before.
    func comeBack() {
        guard hasLeft.exchange(false, ordering: .relaxed) else { return }
        send(["MAINPID=\(getpid())"])
    }

    /// Says what is left, once in a while, until nothing is.
    func followDrain() async {
        while true {
            let count = await gateway.connectionCount
            send(["STATUS=stopping: connections left: \(count)"])
            guard count > 0 else { return }
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// Tells the manager, twice in the time after which it would end this process, that every worker's loop turns. While one does
    /// not, it is told nothing.
    func keepWatchdog() async {
        guard let watchdog else { return }
        while !Task.isCancelled {
            await gateway.takeTurns()
            send(["WATCHDOG=1"])
            try? await Task.sleep(for: .nanoseconds(watchdog / 2))
        }
    }

    /// Before the manager is told that all is well: should this process end right then, its sockets are safe.
    private func keepSockets() async {
        guard let store, !hasLeft.load(ordering: .relaxed) else { return }
        guard let sockets = try? await gateway.listeningSockets() else { return }
        await store.keep(sockets)
        for socket in sockets { socket.close() }
    }

    private var serving: String {
        let addresses = gateway.addresses
        let more = addresses.count > 4 ? " and \(addresses.count - 4) more" : ""
        let degraded = Set(gateway.currentPlan.faults.map(\.name)).count
        let trouble = degraded > 0 ? "; degraded sites: \(degraded)" : ""
        return "serving on \(addresses.prefix(4).map(\.description).joined(separator: " "))\(more)\(trouble)"
    }

    /// `WATCHDOG_USEC`, if it is meant for this process (sd_watchdog_enabled(3)).
    private static var watchdogTime: UInt64? {
        if let pid = Environment.value("WATCHDOG_PID"), Int32(pid) != getpid() { return nil }
        guard let time = Environment.value("WATCHDOG_USEC").flatMap({ UInt64($0) }), time > 0, time <= UInt64.max / 1000
        else { return nil }
        return time * 1000
    }

    private func send(_ lines: [String]) {
        guard !hasLeft.load(ordering: .relaxed) else { return }
        do throws(SystemError) {
            try socket.send(lines)
        } catch {
            log.error("the service manager cannot be told", metadata: ["message": "\(lines[0])", "reason": "\(error)"])
        }
    }
}
