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
        @usableFromInline let bits: UInt8
        @inlinable init(_ bits: UInt8) { self.bits = bits }

        @inlinable package static var none: Interest { Interest(0) }
        @inlinable package static var read: Interest { Interest(1) }
        @inlinable package static var write: Interest { Interest(2) }
        /// The peer shut down its side or the connection broke: how a silent peer's leaving is noticed.
        @inlinable package static var hangup: Interest { Interest(4) }

        /// What meets either.
        @inlinable package func union(_ other: Interest) -> Interest { Interest(bits | other.bits) }
        /// Have they anything in common?
        @inlinable package func meets(_ other: Interest) -> Bool { bits & other.bits != 0 }
    }

    /// All that an operation on the descriptor has to know, in one look.
    package struct Status {
        package let isReadable: Bool
        package let isWritable: Bool
        package let hasHungUp: Bool
        package let hasDeferred: Bool
        package let sendError: Int32
        package let descriptor: Int32
    }

    package var status: Status {
        Status(
            isReadable: state.isReadable, isWritable: state.isWritable, hasHungUp: state.hasHungUp,
            hasDeferred: state.hasDeferred, sendError: state.sendError, descriptor: state.descriptor)
    }

    /// Makes events that meet these interests wake the waiter: what a read waits for, and a write, each only if it does.
    package func watch(_ read: Interest, if reads: Bool, _ write: Interest, if writes: Bool, hangup: Bool) {
        let bits = (reads ? read.bits : 0) | (writes ? write.bits : 0) | (hangup ? Interest.hangup.bits : 0)
        state.interest = Interest(bits)
    }

    /// Takes over the readiness that an operation has left; what was deferred may have filled the socket meanwhile.
    /// - Returns: is there anything that goes at the end of this turn?
    package func setReadiness(readable: Bool, writable: Bool) -> Bool {
        state.isReadable = readable
        state.isWritable = writable && !state.hasUnsent
        return state.hasDeferred
    }

    /// -1 after `close()`: the number may be another socket's by then.
    package var descriptor: Int32 { state.descriptor }
    /// May a read return something (bytes, end, error)?
    package var isReadable: Bool {
        get { state.isReadable }
        set { state.isReadable = newValue }
    }
    /// May a write make progress?
    package var isWritable: Bool {
        get { state.isWritable }
        set { state.isWritable = newValue }
    }
    /// The peer has sent its FIN, or the connection broke. A short read must then not clear `isReadable`: no further event
    /// will announce the end.
    package var hasHungUp: Bool { state.hasHungUp }
    /// When that was noticed, in the loop's monotonic nanoseconds; 0 before it.
    package var hungUpAt: UInt64 { state.hungUpAt }
    /// Neither side can say anything any more: the connection broke, or both have ended. A FIN alone is not that (RFC 9293 §3.6).
    package var isBroken: Bool { state.isBroken }
    /// Who is woken by events that meet `interest`.
    package var waiter: Waiter? {
        get { state.waiter }
        set { state.waiter = newValue }
    }
    package var interest: Interest {
        get { state.interest }
        set { state.interest = newValue }
    }
    var generation: UInt32 { state.generation }

    /// Sets `waiter` and `interest`: from now on events that meet it wake the waiter.
    package func setWaiter(_ waiter: Waiter, interest: Interest) {
        state.waiter = waiter
        state.interest = interest
    }

    private struct State {
        var descriptor: Int32
        var generation: UInt32 = 0
        var isReadable = false
        var isWritable = true
        var hasHungUp = false
        var isBroken = false
        var isOpen = true
        var hasDeferred = false
        var interest = Interest.none
        var waiter: Waiter?
        var hasUnsent = false
        var sendError: Int32 = 0
        var hungUpAt: UInt64 = 0
    }

    // Private, so that the compiler sees every access and proves that none overlap: they need no check at run time.
    private var state: State
    /// What the kernel did not take of a deferred send. While there is any, which `state` knows, the socket is not writable.
    private var unsent: [UInt8] = []
    private let loop: EventLoop

    /// Takes the descriptor over: it is closed when registration fails, on `close()`, or at the latest on deinit.
    /// - Parameter descriptor: a non-blocking socket that nobody else uses.
    package init(adopting descriptor: Int32, on loop: EventLoop) throws(SystemError) {
        state = State(descriptor: descriptor)
        self.loop = loop
        do {
            state.generation = try loop.register(self)
        } catch {
            state.isOpen = false
            Glibc.close(descriptor)
            throw error
        }
    }

    deinit {
        if state.isOpen { Glibc.close(state.descriptor) }
    }

    /// Closes the descriptor; whoever waits on it is woken. Idempotent.
    package func close() {
        guard state.isOpen else { return }
        sendDeferred()
        state.isOpen = false
        loop.unregister(self)
        Glibc.close(state.descriptor)
        state.descriptor = -1
        state.hasHungUp = true
        state.isBroken = true
        state.isReadable = true
        state.isWritable = true
        dropUnsent()
        if state.interest != .none { waiter?.wake(.ready) }
    }

    /// An epoll event for this descriptor.
    func becameReady(_ events: UInt32) {
        var met = Interest.none
        if events & (EPOLLHUP.rawValue | EPOLLERR.rawValue | EPOLLRDHUP.rawValue) != 0 {
            if !state.hasHungUp { state.hungUpAt = loop.now }
            state.hasHungUp = true
            if events & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 { state.isBroken = true }
            state.isReadable = true
            met = Interest.hangup.union(.read)
        }
        if events & EPOLLIN.rawValue != 0 {
            state.isReadable = true
            met = met.union(.read)
        }
        if events & (EPOLLOUT.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 {
            state.isWritable = true
            if state.hasUnsent { sendUnsent() }
            if state.isWritable { met = met.union(.write) }
        }
        if state.interest.meets(met) { waiter?.wake(.ready) }
    }

    // MARK: Sending at the end of a turn

    /// Bytes that one deferred send has at most: copying more would cost what it saves.
    @inlinable package static var maxDeferredBytes: Int { 4096 }

    /// Has the kernel given the bytes at the end of the loop's turn. They count as sent from now on: what the kernel does not
    /// take then goes by itself, as soon as it does.
    /// - Parameter bytes: at most `maxDeferredBytes`, but for what TLS adds; the socket must be writable.
    package func sendAtTurnEnd(_ bytes: UnsafeRawBufferPointer) {
        // First, since the room may have something of this socket.
        loop.deferredSends.makeRoom(for: bytes.count)
        state.hasDeferred = true
        unsafe loop.deferredSends.append(bytes, of: self)
    }

    /// The same of two runs of bytes, which count together: the second goes behind the first, in the same send.
    package func sendAtTurnEnd(_ first: UnsafeRawBufferPointer, then second: UnsafeRawBufferPointer) {
        loop.deferredSends.makeRoom(for: first.count + second.count)
        state.hasDeferred = true
        unsafe loop.deferredSends.append(first, second, of: self)
    }

    /// Is there anything that goes at the end of this turn?
    package var hasDeferred: Bool { state.hasDeferred }

    /// Sends what was deferred now: before anything is sent in another way, or the connection is ended.
    package func sendDeferred() {
        if state.hasDeferred { loop.deferredSends.sendAll() }
    }

    /// Has the kernel refused a part of a deferred send, which has not gone yet?
    package var hasUnsent: Bool { state.hasUnsent }

    /// errno of the deferred send after which there can be no other; 0 if none failed.
    package var sendError: Int32 { state.sendError }

    /// The end of the turn has come, or does not matter. Not inlined: whoever calls holds the socket, and counts it once.
    @inline(never)
    func takeDeferred(_ bytes: UnsafeRawBufferPointer) {
        state.hasDeferred = false
        // It may have become full since, by what was sent before.
        let sent = unsafe state.isWritable ? send(bytes) : 0
        if let sent, sent < bytes.count { unsafe keepUnsent(Array(bytes[sent...])) }
    }

    private func sendUnsent() {
        let waiting = exchange(&unsent, with: [])
        state.hasUnsent = false
        let sent = unsafe waiting.withUnsafeBytes { unsafe send($0) }
        if let sent, sent < waiting.count { keepUnsent(Array(waiting[sent...])) }
    }

    /// Adds what the kernel did not take.
    private func keepUnsent(_ bytes: [UInt8]) {
        unsent += bytes
        state.hasUnsent = true
        state.isWritable = false
    }

    private func dropUnsent() {
        unsent = []
        state.hasUnsent = false
    }

    /// - Returns: how many bytes the kernel took; nil if it takes none any more.
    private func send(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard state.sendError == 0 else { return nil }
        while true {
            let sent = unsafe gh_send(state.descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if sent >= 0 { return sent }
            switch errno {
            case EINTR: continue
            case EAGAIN, EWOULDBLOCK: return 0
            default:
                state.sendError = errno
                return nil
            }
        }
    }
}
