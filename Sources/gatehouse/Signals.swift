import Dispatch
import Glibc

/// The signals that stop the gateway, as values to await.
final class Signals: Sendable {
    private let names: AsyncStream<String>

    init() {
        let (names, continuation) = AsyncStream.makeStream(of: String.self)
        self.names = names
        for (number, name) in [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")] {
            // The default action would end the process before the source is asked.
            _ = signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            // The handler keeps its source: it lives as long as the process.
            source.setEventHandler {
                withExtendedLifetime(source) { _ = continuation.yield(name) }
            }
            source.activate()
        }
    }

    /// The next signal's name. A second one during the drain is not waited for: the drain has its own deadline.
    func next() async -> String {
        for await name in names { return name }
        return "none"
    }
}
