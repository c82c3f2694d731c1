import COpenSSL
import Glibc

/// What OpenSSL does on a socket that does not block, for a thread that may wait until a certain moment: a peer that sends or
/// takes a byte now and then holds nobody up.
enum ThreadWait {
    /// Makes a call again and again, until it is done or the time is over.
    /// - Parameters:
    ///   - step: the call.
    ///   - error: what SSL_get_error says of its result.
    /// - Returns: what the last call has returned, and the system's error behind it; ETIMEDOUT when the time is over.
    static func complete(
        over descriptor: Int32, by deadline: ContinuousClock.Instant, _ step: () -> Int32, error: (Int32) -> Int32
    ) -> (result: Int32, code: Int32) {
        while true {
            ERR_clear_error()
            errno = 0
            let result = step()
            let code = errno
            let event: Int32
            switch error(result) {
            case SSL_ERROR_WANT_READ: event = Int32(POLLIN)
            case SSL_ERROR_WANT_WRITE: event = Int32(POLLOUT)
            default: return (result, code)
            }
            guard wait(descriptor, for: event, until: deadline) else { return (result, ETIMEDOUT) }
        }
    }

    /// - Returns: false when the time is over.
    private static func wait(_ descriptor: Int32, for event: Int32, until deadline: ContinuousClock.Instant) -> Bool {
        while true {
            let left = deadline - ContinuousClock.now
            guard left > .zero else { return false }
            var watched = pollfd(fd: descriptor, events: Int16(event), revents: 0)
            // The pointer is used during the call alone. A part of a millisecond is waited for as a whole one.
            let found = unsafe poll(&watched, 1, Int32(clamping: Int64(left / .milliseconds(1)) + 1))
            if found != 0 || errno != EINTR { return found > 0 }
        }
    }
}
