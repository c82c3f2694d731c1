package import EventLoop
import Transport

/// A connection that has carried a call in HTTP/1 and may carry another: all that was asked has been answered to its end, and the
/// server keeps it (RFC 9112 §9.3).
package final class KeptConnection {
    let stream: Stream

    init(_ stream: Stream) {
        self.stream = stream
    }

    /// May it carry another call? Not once the peer has closed it, or said anything that nobody asked for. A ticket that came
    /// late is TLS's own business, and is seen to here.
    package var isClean: Bool {
        guard !stream.socket.hasHungUp else { return false }
        stream.readAside()
        return !stream.mayRead
    }

    /// It waits for its next call from now on.
    /// - Parameter waiter: is woken when the peer closes it or speaks out of turn.
    package func park(watchedBy waiter: Waiter) {
        stream.takeOverRecords()
        stream.releaseMemory()
        stream.socket.setWaiter(waiter, interest: .read.union(.hangup))
    }

    /// It waits for nothing.
    /// - Parameter waiter: of the task that has it.
    func unpark(for waiter: Waiter) { stream.socket.setWaiter(waiter, interest: .none) }

    /// Ends it, whoever watches it.
    package func close() {
        // Without waking who watches it, in the middle of what is being done.
        stream.socket.interest = .none
        stream.close()
    }
}
