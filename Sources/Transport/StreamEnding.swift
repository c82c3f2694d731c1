import CLinux
import EventLoop
import Glibc
import TLS

/// How a stream ends, from the politest end to the rudest; `sendCloseNotify` comes before.
extension Stream {
    /// Ends our side: close_notify over TLS, then a FIN. The peer may still send.
    package func shutdownWrite() {
        socket.sendDeferred()
        if let tls {
            giveReadiness(tls)
            tls.sendCloseNotify()
        }
        _ = Glibc.shutdown(socket.descriptor, Int32(SHUT_WR))
    }

    /// Ends our side with a FIN alone. Over TLS the missing close_notify tells the peer that it may not have all (RFC 8446 §6.1).
    package func shutdownWriteWithoutCloseNotify() {
        socket.sendDeferred()
        _ = Glibc.shutdown(socket.descriptor, Int32(SHUT_WR))
    }

    /// Are there bytes that the peer's kernel has not acknowledged (SIOCOUTQ, tcp(7))?
    package var hasUndelivered: Bool {
        socket.sendDeferred()
        var count: Int32 = 0
        return unsafe socket.hasUnsent || ioctl(socket.descriptor, UInt(TIOCOUTQ), &count) == 0 && count > 0
    }

    /// Ends both directions at once; every operation from now on fails or ends. The descriptor is still to be closed.
    package func breakOff() {
        socket.sendDeferred()
        _ = Glibc.shutdown(socket.descriptor, Int32(SHUT_RDWR))
    }

    /// Closes in an orderly way as far as that needs no waiting.
    package func close() {
        socket.sendDeferred()
        if let tls {
            giveReadiness(tls)
            tls.sendCloseNotify()
        }
        socket.close()
    }

    /// Closes with a reset, so that the peer cannot take what it has for the whole.
    package func abort() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        _ = unsafe setsockopt(socket.descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        socket.close()
    }
}
