import Dispatch
import Glibc

/// The signals that stop the gateway, as values to await.
final class Signals: Sendable {
    private let names: AsyncStream<String>

    /// When this returns, no signal is lost any more.
    init() async {
        let (names, continuation) = AsyncStream.makeStream(of: String.self)
        self.names = names
        for (number, name) in [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")] {
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            // The handler keeps its source: it lives as long as the process.
            source.setEventHandler {
                withExtendedLifetime(source) { _ = continuation.yield(name) }
            }
            // Activation is asynchronous. Until the kernel knows of the source, the default action ends the process, which is
            // right for one that does not serve yet.
            await withCheckedContinuation { registered in
                source.setRegistrationHandler { registered.resume() }
                source.activate()
            }
        }
    }

    /// The next signal's name. A second one during the drain is not waited for: the drain has its own deadline.
    func next() async -> String {
        for await name in names { return name }
        return "none"
    }
}
