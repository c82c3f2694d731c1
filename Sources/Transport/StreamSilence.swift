// Which of the two has the socket calls' constants depends on which was compiled first.
import CLinux
import EventLoop
import Glibc
import TLS

/// Has a peer said anything that nobody has read?
extension Stream {
    /// Asks the kernel whether the peer has sent anything, or its FIN, since: one system call. What TLS has to say besides data
    /// is taken, and is nothing here.
    package func peerHasSpoken() -> Bool {
        var byte: UInt8 = 0
        let count = unsafe recv(socket.descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
        guard count >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK) else { return false }
        guard tls != nil else { return true }
        socket.isReadable = true
        readAside()
        return mayRead
    }

    /// To be called on a new connection to a server that speaks when it is asked: what it sends before would be taken for the
    /// answer to the first request, and each answer for that to the next one. No system call unless something has arrived.
    /// - Throws: `.spokeFirst`. An end or a failure is left to the next read.
    package func checkSilence() throws(TransportError) {
        guard mayRead else { return }
        var byte: UInt8 = 0
        guard let tls else {
            if unsafe recv(socket.descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) > 0 { throw .spokeFirst }
            return
        }
        giveReadiness(tls)
        let hasData = tls.hasData()
        takeReadiness(tls)
        if hasData { throw .spokeFirst }
    }
}
