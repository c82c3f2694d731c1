import Glibc
import Transport

/// The sockets that a service manager has opened for this process (sd_listen_fds(3)).
enum SocketActivation {
    /// Takes them over.
    /// - Returns: none, if the variables are not set, or are another process's.
    /// - Throws: what cannot be used, in words.
    static func sockets() throws(PassedSocketError) -> [PassedSocket] {
        guard let pid = Environment.value("LISTEN_PID"), let count = Environment.value("LISTEN_FDS") else { return [] }
        // A parent's variables are inherited, and not meant for us.
        guard Int32(pid) == getpid() else { return [] }
        guard let count = Int32(count), (0...4096).contains(count) else {
            throw PassedSocketError("LISTEN_FDS is \"\(count)\", and should say how many sockets are passed")
        }
        let names = (Environment.value("LISTEN_FDNAMES") ?? "").split(separator: ":", omittingEmptySubsequences: false)
        var sockets: [PassedSocket] = []
        for number in 0..<count {
            let name = Int(number) < names.count ? String(names[Int(number)]) : ""
            // What this program has left there itself is kept open for it alone: whether it still wants it is its affair.
            let isManagers = !SocketStore.isName(name)
            sockets.append(try PassedSocket(firstDescriptor + number, name: name, isManagers: isManagers))
        }
        return sockets
    }

    /// SD_LISTEN_FDS_START
    private static let firstDescriptor: Int32 = 3
}
