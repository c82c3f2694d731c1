import Glibc

/// A socket that one thread reads or accepts from, and closes, and that others stop.
///
/// Once it is closed its number is another's: to shut that down would stop another test's server.
final class StoppableSocket: Sendable {
    let descriptor: Int32
    private let isOpen = Guarded(true)

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Wakes the thread.
    func stop() { isOpen.withLock { if $0 { _ = shutdown(descriptor, Int32(SHUT_RDWR)) } } }

    func close() {
        isOpen.withLock {
            if $0 { _ = Glibc.close(descriptor) }
            $0 = false
        }
    }
}
