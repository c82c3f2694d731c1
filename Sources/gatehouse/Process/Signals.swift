import Dispatch
import EventLoop
import Glibc

/// The signals that the gateway answers to, as values to await.
final class Signals: Sendable {
    /// One that has come.
    struct Signal: Sendable {
        /// What it asks for (docs/commands.md).
        enum Request: Sendable {
            case stop
            /// As `stop`, and a second time at once.
            case stopNow
            case reopenLogs
            /// The configuration, and the log files too.
            case reload
            /// What the flight recorder keeps is written to a file.
            case dumpRecorder
        }

        let number: Int32
        let name: String
        let request: Request
    }

    private static let known = [
        Signal(number: SIGTERM, name: "SIGTERM", request: .stopNow), Signal(number: SIGINT, name: "SIGINT", request: .stopNow),
        Signal(number: SIGQUIT, name: "SIGQUIT", request: .stop), Signal(number: SIGHUP, name: "SIGHUP", request: .reload),
        Signal(number: SIGUSR1, name: "SIGUSR1", request: .reopenLogs),
        Signal(number: SIGUSR2, name: "SIGUSR2", request: .dumpRecorder),
    ]

    /// All that come, in their order; to be read by one task.
    let all: AsyncStream<Signal>
    private let continuation: AsyncStream<Signal>.Continuation

    /// When this returns, no signal is lost any more.
    init() async {
        (all, continuation) = AsyncStream.makeStream(of: Signal.self)
        let continuation = continuation
        // The one thread that blocks no signal yet: it would take it, and the process would end.
        await MainThread.shared.run { Self.block() }
        for signal in Self.known {
            let source = DispatchSource.makeSignalSource(signal: signal.number, queue: .global())
            // The handler keeps its source: it lives as long as the process.
            source.setEventHandler {
                withExtendedLifetime(source) { _ = continuation.yield(signal) }
            }
            // Activation is asynchronous. Until the kernel knows of the source, the default action ends the process, which is
            // right for one that does not serve yet.
            await withCheckedContinuation { registered in
                source.setRegistrationHandler { registered.resume() }
                source.activate()
            }
        }
    }

    /// The calling thread takes none of them (pthread_sigmask(3)).
    private static func block() {
        var signals = sigset_t()
        // Both calls fill or read what they are lent, and keep no pointer to it.
        _ = unsafe sigemptyset(&signals)
        for signal in known { _ = unsafe sigaddset(&signals, signal.number) }
        _ = unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// As the first process of a container this one takes note of the end of those that nobody else will, as nginx does. To be
    /// called once, by a process that starts no others but hooks: an upgrade is refused there.
    static func reapOrphans() {
        guard getpid() == 1 else { return }
        let source = DispatchSource.makeSignalSource(signal: SIGCHLD, queue: .global())
        // The handler keeps its source: it lives as long as the process.
        source.setEventHandler {
            withExtendedLifetime(source) { Orphans.reap() }
        }
        // What ended before the kernel knew of the source.
        source.setRegistrationHandler { Orphans.reap() }
        source.activate()
    }

    /// Ends `all`: nobody waits for signals any more.
    func end() { continuation.finish() }
}
