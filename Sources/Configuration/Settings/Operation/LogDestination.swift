extension Logging {
    /// Where lines go. A file is appended to, and made if it is missing.
    package enum Destination: Sendable, Equatable {
        case none, stdout, stderr
        case file(path: String)
        /// systemd's journal, by its native protocol.
        case journald
        /// Who takes spans, and how the gateway is called there; of `[tracing]`, and no log's.
        case collector(Tracing.Endpoint, service: String, caFile: String?)
        /// A receiver of RFC 5424's messages.
        case syslog(SyslogReceiver)
    }

    /// Who takes syslog messages, and how they travel.
    package enum SyslogReceiver: Sendable, Equatable {
        /// A datagram socket, or one for a stream, by its path.
        case unix(path: String)
        /// A datagram a message (RFC 5426).
        case udp(host: String, port: UInt16)
        /// Messages behind their lengths (RFC 6587 §3.4.1).
        case tcp(host: String, port: UInt16)
        /// Syslog inside TLS (RFC 5425).
        case tls(host: String, port: UInt16)
    }

    /// What a message is about (RFC 5424 §6.2.1), by the names of syslog.conf(5).
    package enum SyslogFacility: String, Sendable, CaseIterable {
        case kern, user, mail, daemon, auth, syslog, lpr, news, uucp, cron, authpriv, ftp
        case local0, local1, local2, local3, local4, local5, local6, local7

        /// The facility's number, a part of PRI.
        package var number: Int {
            let index = Self.allCases.firstIndex(of: self) ?? 0
            // 12 to 15 have no name that everybody knows.
            return index < 12 ? index : index + 4
        }
    }
}

extension Logging.Destination {
    /// - Parameter text: `none`, `stdout`, `stderr`, `journald`, `syslog`, `syslog+udp://HOST:PORT` and its like, or the path of
    ///   a file; the paths of our own outputs are these.
    /// - Returns: nil if it names a way of syslog and no receiver.
    init?(_ text: String) {
        switch text {
        case "none", "off": self = .none
        // Opened by these paths, an output that is a socket, as of a service manager, or another user's is refused.
        case "stdout", "-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1": self = .stdout
        case "stderr", "/dev/stderr", "/dev/fd/2", "/proc/self/fd/2": self = .stderr
        case "journald": self = .journald
        case "syslog": self = .syslog(.unix(path: "/dev/log"))
        default:
            guard text.hasPrefix("syslog+") else {
                self = .file(path: text)
                return
            }
            guard let receiver = Logging.SyslogReceiver(text.dropFirst("syslog+".count)) else { return nil }
            self = .syslog(receiver)
        }
    }

    /// Is it one that can be put aside?
    package var isFile: Bool {
        if case .file = self { true } else { false }
    }
}

extension Logging.SyslogReceiver {
    /// The longest path of a Unix socket, in bytes (unix(7)).
    private static let maxPathBytes = 107

    /// - Parameter text: `unix:/PATH`, or `udp://`, `tcp://` or `tls://` and a host, with a port if it is not the usual one.
    init?(_ text: Substring) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst("unix:".count))
            guard path.hasPrefix("/"), path.utf8.count <= Self.maxPathBytes else { return nil }
            self = .unix(path: path)
            return
        }
        let way = text.prefix { $0 != ":" }
        let rest = text.dropFirst(way.count)
        guard rest.hasPrefix("://") else { return nil }
        // RFC 5426 §3.3 and RFC 5425 §4.1; 601 is IANA's "syslog-conn", and syslog-ng's for TCP.
        let usual: [Substring: UInt16] = ["udp": 514, "tcp": 601, "tls": 6514]
        guard let standard = usual[way], let (host, port) = Self.hostAndPort(rest.dropFirst(3), standard) else { return nil }
        self =
            switch way {
            case "udp": .udp(host: host, port: port)
            case "tcp": .tcp(host: host, port: port)
            default: .tls(host: host, port: port)
            }
    }

    static func hostAndPort(_ text: Substring, _ standard: UInt16) -> (String, UInt16)? {
        var host = text
        var port = standard
        if let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") {
            guard let number = UInt16(text[text.index(after: colon)...]), number > 0 else { return nil }
            (host, port) = (text[..<colon], number)
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            let address = String(host.dropFirst().dropLast())
            return IPAddressText.isAddress(address) && address.contains(":") ? (address, port) : nil
        }
        let isName = !host.isEmpty && host.utf8.count <= 253 && host.utf8.allSatisfy(Self.isOfName)
        return isName ? (String(host), port) : nil
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }
}
