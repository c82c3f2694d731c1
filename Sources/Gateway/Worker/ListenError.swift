package import Configuration
package import EventLoop
import Glibc
package import Transport

/// An address cannot be listened on.
package struct ListenError: Error, CustomStringConvertible {
    let address: SocketAddress
    /// The key path of the first site that has it.
    let site: String
    let cause: SystemError

    /// - Parameter site: the key path of the first site that has the address.
    package init(address: SocketAddress, site: String, cause: SystemError) {
        (self.address, self.site, self.cause) = (address, site, cause)
    }

    package var description: String {
        let hint = cause.code == EADDRINUSE ? "; another program listens there, or this one already runs" : ""
        return "cannot listen on \(address): \(cause.reason)\(hint)"
    }

    /// The error as a problem at its place in the configuration.
    package func problem(in configuration: Configuration) -> Problem {
        let key = [EADDRNOTAVAIL, EAFNOSUPPORT].contains(cause.code) ? "listen" : "port"
        return configuration.problem(.error, at: "\(site).\(key)", description, hint: remedy)
    }

    /// What can be done; nil if that is not known. Of an address that is taken it is looked up who has it.
    package var remedy: String? {
        switch cause.code {
        case EACCES where address.port < 1024:
            """
            ports below 1024 need the capability CAP_NET_BIND_SERVICE: AmbientCapabilities=CAP_NET_BIND_SERVICE in a systemd \
            unit, or "setcap cap_net_bind_service=+ep" on the program, or \
            "sysctl net.ipv4.ip_unprivileged_port_start=\(address.port)"
            """
        case EADDRNOTAVAIL: "no interface of this machine has the address; \"ip address\" lists those that it has"
        case EADDRINUSE: inUse
        case EAFNOSUPPORT: "the system has no IPv6: listen on an address of IPv4, or on \"::\", every address that there is"
        default: nil
        }
    }

    private var inUse: String {
        let question = "\"ss -ltnp sport = :\(address.port)\""
        guard let holder = SocketHolder(ofAny: ListeningSockets.inodes(inTheWayOf: address)) else {
            return "\(question) tells who listens there, to root of every user: stop it, or change one of the ports"
        }
        let name = holder.name.map { " (\($0))" } ?? ""
        return "process \(holder.process)\(name) listens there: stop it, or change one of the ports; \(question) tells more"
    }
}
