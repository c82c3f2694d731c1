import CLinux
import Glibc

/// A descriptor that the loop watches, and what is known of its readiness.
///
/// The flags are the whole of edge-triggered bookkeeping: an event sets them, an operation that finds the kernel's buffer
/// empty or full clears them, and nobody asks the kernel in between.
package final class Socket {
    /// What a task waits for on a socket.
    ///
    /// A plain set of bits: an `OptionSet`'s literals are not always specialised, and these are set twice in every wait.
    package struct Interest: Sendable, Equatable {
        private let bits: UInt8
        private init(_ bits: UInt8) { self.bits = bits }

        package static var none: Interest { Interest(0) }
        package static var read: Interest { Interest(1) }
        package static var write: Interest { Interest(2) }
        /// The peer shut down its side or the connection broke: how a silent peer's leaving is noticed.
        package static var hangup: Interest { Interest(4) }

        /// What meets either.
        package func union(_ other: Interest) -> Interest { Interest(bits | other.bits) }
        /// Have they anything in common?
        package func meets(_ other: Interest) -> Bool { bits & other.bits != 0 }
    }

    /// -1 after `close()`: the number may be another socket's by then.
    package private(set) var descriptor: Int32
    /// May a read return something (bytes, end, error)?
    package var isReadable = false
    /// May a write make progress?
    package var isWritable = true
    /// The peer has sent its FIN, or the connection broke. A short read must then not clear `isReadable`: no further event
    /// will announce the end.
    package private(set) var hasHungUp = false
    /// Who is woken by events that meet `interest`.
    package var waiter: Waiter?
    package var interest = Interest.none

    var generation: UInt32 = 0
    private let loop: EventLoop
    private var isOpen = true

    /// Takes the descriptor over: it is closed when registration fails, on `close()`, or at the latest on deinit.
    /// - Parameter descriptor: a non-blocking socket that nobody else uses.
    package init(adopting descriptor: Int32, on loop: EventLoop) throws(SystemError) {
        self.descriptor = descriptor
        self.loop = loop
        do {
            try loop.register(self)
        } catch {
            isOpen = false
            Glibc.close(descriptor)
            throw error
        }
    }

    deinit {
        if isOpen { Glibc.close(descriptor) }
    }

    /// Closes the descriptor; whoever waits on it is woken. Idempotent.
    package func close() {
        guard isOpen else { return }
        isOpen = false
        loop.unregister(self)
        Glibc.close(descriptor)
        descriptor = -1
        hasHungUp = true
        isReadable = true
        isWritable = true
        if interest != .none { waiter?.wake(.ready) }
    }

    /// An epoll event for this descriptor.
    func becameReady(_ events: UInt32) {
        var met = Interest.none
        if events & (EPOLLHUP.rawValue | EPOLLERR.rawValue | EPOLLRDHUP.rawValue) != 0 {
            hasHungUp = true
            isReadable = true
            met = Interest.hangup.union(.read)
        }
        if events & EPOLLIN.rawValue != 0 {
            isReadable = true
            met = met.union(.read)
        }
        if events & (EPOLLOUT.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 {
            isWritable = true
            met = met.union(.write)
        }
        if interest.meets(met) { waiter?.wake(.ready) }
    }
}
