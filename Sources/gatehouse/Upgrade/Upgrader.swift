import EventLoop
import Gateway
import Glibc
import Logging
import Transport

/// Makes another process of this program, or of its next version, take the place of this one: no client is refused or reset.
///
/// The new process gets the listening sockets themselves, so both accept from them for a moment. Until it says that it serves
/// nothing has changed here; if it never does, nothing will.
actor Upgrader {
    /// How an upgrade ended.
    enum Outcome: Sendable {
        case done(successor: Int32, connections: Int)
        /// This process goes on, for this reason.
        case refused(String)
    }

    private let gateway: Gateway
    private let log: Logger
    private let notifier: ServiceNotifier?
    /// Nil if there is no file to read again.
    private let reloader: Reloader?
    /// Ends what the successor does from now on.
    private let retire: @Sendable () async -> Void
    /// The path of the program as it was when this process began.
    private let ownProgram: String?
    private var isUnderWay = false
    /// The channel to the new process, until it serves or has failed.
    private var channel: HandoverChannel?
    private var isStopping = false
    /// The process that has taken over; nil while this one serves.
    private(set) var successor: Int32?
    /// Both of `onReplacement`.
    private var replacement: (prepare: @Sendable () async -> Void, leave: @Sendable () async -> Void)?

    /// - Parameters:
    ///   - notifier: is told who is the service; nil if nobody wants to know.
    ///   - reloader: nil if there is no file to read again.
    ///   - retire: ends what the successor does once it has taken over, but for the gateway.
    init(
        _ gateway: Gateway, _ notifier: ServiceNotifier?, _ reloader: Reloader?, log: Logger,
        retire: @escaping @Sendable () async -> Void
    ) {
        self.gateway = gateway
        self.notifier = notifier
        self.reloader = reloader
        self.log = log
        self.retire = retire
        ownProgram = NewProcess.ownPath
    }

    /// - Parameters:
    ///   - prepare: called once the new one serves, before it is told to take over; it may go before it hears that.
    ///   - leave: gives up what only one process can have, once the new one has been told.
    func onReplacement(
        preparing prepare: @escaping @Sendable () async -> Void, leaving leave: @escaping @Sendable () async -> Void
    ) {
        replacement = (prepare, leave)
    }

    /// This process is to stop, and not to be replaced: a new process that does not serve yet is ended, and none is begun any
    /// more. One that has taken over is left alone.
    func callOff() {
        isStopping = true
        channel?.shutDown()
    }

    /// Starts the new process and returns when it serves, or has failed. Then the gateway here ends with its last client.
    /// - Parameter program: its path; nil: of this process's own program.
    func upgrade(to program: String? = nil) async -> Outcome {
        if let successor {
            let left = await gateway.connectionCount
            return refuse("process \(successor) has taken over already; connections left here: \(left)")
        }
        guard !isUnderWay else { return refuse("an upgrade is under way") }
        guard !isStopping else { return refuse(Self.stopping) }
        // The kernel kills the others of a PID namespace when its first process ends (pid_namespaces(7)), the successor too.
        guard getpid() != 1 else { return refuse(Self.firstProcess) }
        guard let program = program ?? ownProgram else { return refuse("it is not known which program this is") }
        isUnderWay = true
        defer { isUnderWay = false }
        guard let reloader else { return await replace(by: program) }
        return await reloader.betweenReloads { await self.replace(by: program) }
    }

    /// Not while a reload is under way: of two processes that open the same new listener one would fail.
    private func replace(by program: String) async -> Outcome {
        defer { channel = nil }
        do {
            if isStopping { return refuse(Self.stopping) }
            let sockets = try await gateway.listeningSockets()
            defer { for socket in sockets { socket.close() } }
            if isStopping { return refuse(Self.stopping) }
            let (channel, process) = try await start(program)
            self.channel = channel
            // It was called off before there was anybody to be told.
            if isStopping { channel.shutDown() }
            log.notice("upgrading", metadata: ["program": "\(program)", "successor": "\(process)"])
            if let reason = await letTakeOver(process, channel, sockets) { return refuse(reason) }
            return await leave(to: process)
        } catch {
            return refuse("\(program) cannot be started: \(error)")
        }
    }

    /// - Returns: nil once the new process has taken over; else why it has not: it has ended then.
    private func letTakeOver(
        _ process: pid_t, _ channel: HandoverChannel, _ sockets: [PassedSocket]
    ) async -> String? {
        do {
            try await HandoverConversation(
                plan: gateway.currentPlan, sockets: sockets, successor: process, channel: channel
            ).run()
            if isStopping { throw Failed(description: Self.stopping) }
            guard !NewProcess.hasEnded(process) else { throw Failed(description: "the new process has gone") }
            notifier?.leave(to: process)
            await replacement?.prepare()
            // It waits for this: an error says that it has ended since.
            try channel.send(HandoverMessage.takeOver.bytes.span)
            return nil
        } catch {
            notifier?.comeBack()
            let ending = await NewProcess.end(process, atOnce: isStopping)
            if isStopping { return Self.stopping }
            return ending.map { "the new process does not serve: \($0)" } ?? "\(error)"
        }
    }

    /// From here on it is the other process's; what is left here ends with its last client.
    private func leave(to process: pid_t) async -> Outcome {
        successor = process
        channel = nil
        await replacement?.leave()
        let connections = await gateway.connectionCount
        log.notice(
            "upgraded: another process serves, and this one ends with its last client",
            metadata: ["successor": "\(process)", "connections": "\(connections)"])
        Task {
            await retire()
            await gateway.handOver()
        }
        return .done(successor: process, connections: connections)
    }

    /// The new process has failed for good: nobody may be left to wait for it.
    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    private func start(_ program: String) async throws -> (HandoverChannel, Int32) {
        let (own, other) = try HandoverChannel.pair()
        // What the service manager says to this process alone is not the new one's.
        let variables = [Inheritance.variable: "1", "WATCHDOG_PID": "", "LISTEN_PID": "", "LISTEN_FDS": "", "LISTEN_FDNAMES": ""]
        // By the first thread, which nobody has told to let others go first: what it starts inherits that.
        let outcome = await MainThread.shared.run {
            Result { () throws(SystemError) in
                try NewProcess.start(program, passing: other.descriptor, variables: variables)
            }
        }
        return (own, try outcome.get())
    }

    private func refuse(_ reason: String) -> Outcome {
        log.error(
            isStopping ? "the upgrade is called off" : "the upgrade has failed: this process goes on",
            metadata: ["reason": "\(reason)"])
        return .refused(reason)
    }

    private static let stopping = "this process is stopping"
    private static let firstProcess =
        "this process is the first one of its container, which ends with it: start another container in its place"
}
