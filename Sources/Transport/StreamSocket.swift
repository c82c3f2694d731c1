import Buffers
// Which of the two has the socket calls' constants depends on which was compiled first.
import CLinux
import EventLoop
import Glibc

/// What a stream does with its socket itself: all that is read and written without TLS, and what goes before whatever is sent.
extension Stream {
    /// One read, if the socket is known to be readable.
    func readPlain(into buffer: Buffer) throws(TransportError) -> ReadOutcome {
        let status = socket.status
        guard status.isReadable else { return .blocked }
        let room = unsafe buffer.freeRoom
        let outcome = retrying { unsafe gh_receive(status.descriptor, room.baseAddress, room.count) }
        if outcome > 0 {
            // So many bytes were written there.
            unsafe buffer.didFill(outcome)
            // A short read has emptied the kernel's buffer; but after a FIN no further event will come.
            if outcome < room.count, !status.hasHungUp { socket.isReadable = false }
            return .bytes(outcome)
        }
        if outcome == 0 {
            // The kernel tells of a reset once, and here it has told a deferred send: to the read it looks like an end.
            guard status.sendError != ECONNRESET else { throw .system(SystemError("recv", code: ECONNRESET)) }
            hasReadEnd = true
            return .end
        }
        if errno == EAGAIN || errno == EWOULDBLOCK {
            socket.isReadable = false
            return .blocked
        }
        throw .system(SystemError("recv"))
    }

    /// Sends a prefix of `bytes`, or keeps few of them for the turn's end.
    /// - Returns: how many bytes went.
    func writePlain(_ bytes: UnsafeRawBufferPointer) throws(TransportError) -> Int {
        let isDeferred = bytes.count <= Socket.maxDeferredBytes
        guard try prepareToSend(defers: isDeferred).isWritable, bytes.count > 0 else { return 0 }
        if isDeferred {
            unsafe socket.sendAtTurnEnd(bytes)
            return bytes.count
        }
        let sent = retrying { unsafe gh_send(socket.descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL)) }
        return try taken(sent, of: bytes.count)
    }

    /// Sends prefixes of two runs: `second` only behind the whole of `first`.
    /// - Returns: how many bytes of each went.
    func writePlain(
        _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer
    ) throws(TransportError) -> (Int, Int) {
        let isDeferred = first.count + second.count <= Socket.maxDeferredBytes
        guard try prepareToSend(defers: isDeferred).isWritable else { return (0, 0) }
        if isDeferred {
            unsafe socket.sendAtTurnEnd(first, then: second)
            return (first.count, second.count)
        }
        // sendmsg(2) only reads, whatever its parameter's type says.
        var parts = unsafe [
            iovec(iov_base: UnsafeMutableRawPointer(mutating: first.baseAddress), iov_len: first.count),
            iovec(iov_base: UnsafeMutableRawPointer(mutating: second.baseAddress), iov_len: second.count),
        ]
        let sent = unsafe parts.withUnsafeMutableBufferPointer { parts in
            var message = unsafe msghdr()
            unsafe message.msg_iov = parts.baseAddress
            unsafe message.msg_iovlen = parts.count
            return retrying { unsafe sendmsg(socket.descriptor, &message, Int32(MSG_NOSIGNAL)) }
        }
        let count = try taken(sent, of: first.count + second.count)
        return (min(count, first.count), max(0, count - first.count))
    }

    /// To be called before anything is sent: what goes now goes behind what was deferred, which is sent here.
    /// - Parameter defers: the send is to wait for the turn's end, too.
    /// - Returns: what is known of the socket then.
    /// - Throws: what a deferred send has met.
    @inline(__always)
    func prepareToSend(defers: Bool) throws(TransportError) -> Socket.Status {
        if !defers { socket.sendDeferred() }
        let status = socket.status
        guard status.sendError == 0 else { throw .system(SystemError("send", code: status.sendError)) }
        return status
    }

    /// What `send` or `sendmsg` said, as a number of bytes; 0 when blocked.
    private func taken(_ sent: Int, of count: Int) throws(TransportError) -> Int {
        if sent >= 0 {
            if sent < count { socket.isWritable = false }
            return sent
        }
        guard errno == EAGAIN || errno == EWOULDBLOCK else { throw .system(SystemError("send")) }
        socket.isWritable = false
        return 0
    }

    private func retrying(_ call: () -> Int) -> Int {
        while true {
            let result = call()
            if result >= 0 || errno != EINTR { return result }
        }
    }
}
