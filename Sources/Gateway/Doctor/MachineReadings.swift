import EventLoop
import Transport

/// What the machine says of itself, as far as it bounds a gateway; and what follows for one configuration.
package struct MachineReadings: Sendable, Equatable {
    /// As far as the limit on open files may be raised (getrlimit(2)); 0: not known.
    package var descriptors: UInt = 0
    /// Nil: the kernel does not say.
    package var isClockSynchronised: Bool?
    /// Seconds since 1970.
    package var now: Int64 = 0
    /// `uname -r`.
    package var release = ""
    /// The longest queue of clients that wait to be accepted; `net.core.somaxconn`.
    package var somaxconn: Int?
    /// The ports for connections of one's own; `net.ipv4.ip_local_port_range`.
    package var localPorts: ClosedRange<Int>?
    /// The connections that the packet filter remembers; nil if it remembers none. `net.netfilter.nf_conntrack_max`.
    package var trackedConnections: Int?

    package init() {}

    /// Reads what is in proc(5).
    /// - Parameters:
    ///   - proc: where that is.
    ///   - descriptors: see ``descriptors``.
    package init(proc: String, descriptors: UInt) {
        self.descriptors = descriptors
        isClockSynchronised = hasSynchronisedClock()
        now = Int64(realtimeNanoseconds() / 1_000_000_000)
        release = Self.words(proc + "/sys/kernel/osrelease").first ?? ""
        somaxconn = Self.words(proc + "/sys/net/core/somaxconn").first.flatMap { Int($0) }
        trackedConnections = Self.words(proc + "/sys/net/netfilter/nf_conntrack_max").first.flatMap { Int($0) }
        let ports = Self.words(proc + "/sys/net/ipv4/ip_local_port_range").compactMap { Int($0) }
        if ports.count == 2, ports[0] <= ports[1] { localPorts = ports[0]...ports[1] }
    }

    private static func words(_ path: String) -> [String] {
        guard let bytes = try? FileAccess.read(path, limit: 4096) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).map(String.init)
    }

    /// What a configuration asks of the machine.
    package struct Needs: Sendable {
        /// `performance.max_connections`.
        package var connections: Int
        /// Open files of those.
        package var descriptors: Int

        package init(connections: Int, descriptors: Int) { (self.connections, self.descriptors) = (connections, descriptors) }
    }

    /// A finding for each reading that the machine has, good or bad.
    package func findings(for needs: Needs) -> [Finding] {
        [descriptorFinding(needs), clockFinding, releaseFinding]
            + [queueFinding, portFinding(needs), trackingFinding(needs)]
            .compactMap { $0 }
    }

    private func descriptorFinding(_ needs: Needs) -> Finding {
        let subject = "open files"
        guard descriptors > 0 else {
            return Finding(.descriptors, .warning, subject, "the limit cannot be read", remedy: "see \"ulimit -Hn\"")
        }
        guard descriptors < UInt(needs.descriptors) else {
            return Finding(.descriptors, .ok, subject, "\(needs.descriptors) are needed at most, \(descriptors) are allowed")
        }
        return Finding(
            .descriptors, .error, subject,
            "\(needs.connections) connections (performance.max_connections) need \(needs.descriptors), "
                + "\(descriptors) are allowed",
            remedy: "LimitNOFILE=\(needs.descriptors) in the systemd unit, \"ulimit -Hn \(needs.descriptors)\" in a shell of "
                + "root's, or a smaller performance.max_connections")
    }

    /// The beginning of 2025: no certificate that is in use was valid for long before it.
    private static let plausible: Int64 = 1_735_689_600

    private var clockFinding: Finding {
        let subject = "clock",
            remedy = "start an NTP client, such as chrony or systemd-timesyncd; \"timedatectl\" shows its state"
        if now < Self.plausible {
            return Finding(
                .clock, .error, subject, "it is set to \(Timestamp.text(seconds: now)): no certificate is valid then",
                remedy: remedy)
        }
        switch isClockSynchronised {
        case true?: return Finding(.clock, .ok, subject, "it is kept right (adjtimex)")
        case false?:
            return Finding(
                .clock, .warning, subject, "nobody keeps it right (adjtimex), so certificates and tokens may be judged wrongly",
                remedy: remedy)
        case nil:
            return Finding(
                .clock, .warning, subject, "the kernel does not say whether anybody keeps it right",
                remedy: "compare it with another machine's: \"date -u\"")
        }
    }

    private var releaseFinding: Finding {
        let numbers = release.split(separator: ".").prefix(2).compactMap { Int($0.prefix { $0.isNumber }) }
        let subject = "Linux \(release)"
        guard numbers.count == 2 else {
            return Finding(
                .kernel, .warning, "Linux", "its version cannot be read", remedy: "see \"uname -r\"; use 5.10 or newer")
        }
        // Debian 11's, and the oldest that kernel.org still mends in 2026.
        guard (numbers[0], numbers[1]) >= (5, 10) else {
            return Finding(
                .kernel, .warning, subject, "nobody mends faults of a kernel that is as old any more", remedy: "use 5.10 or newer"
            )
        }
        return Finding(.kernel, .ok, subject, "new enough")
    }

    private var queueFinding: Finding? {
        guard let somaxconn else { return nil }
        let subject = "net.core.somaxconn"
        guard somaxconn < Listener.backlog else {
            return Finding(.kernel, .ok, subject, "\(somaxconn), at least the \(Listener.backlog) that a listener asks for")
        }
        return Finding(
            .kernel, .warning, subject,
            "\(somaxconn): a burst of more clients than that is turned away before a worker sees it",
            remedy: "sysctl -w net.core.somaxconn=\(Listener.backlog), and the same in /etc/sysctl.d")
    }

    private func portFinding(_ needs: Needs) -> Finding? {
        guard let localPorts else { return nil }
        let subject = "net.ipv4.ip_local_port_range"
        guard localPorts.count < needs.connections else {
            return Finding(.kernel, .ok, subject, "\(localPorts.count) ports for connections to one upstream address")
        }
        return Finding(
            .kernel, .warning, subject,
            "\(localPorts.count) ports for connections to one upstream address, "
                + "fewer than the \(needs.connections) of performance.max_connections",
            remedy: "sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\", or more addresses of the upstream")
    }

    private func trackingFinding(_ needs: Needs) -> Finding? {
        guard let trackedConnections else { return nil }
        let subject = "net.netfilter.nf_conntrack_max"
        guard trackedConnections < 2 * needs.connections else { return Finding(.kernel, .ok, subject, "\(trackedConnections)") }
        return Finding(
            .kernel, .warning, subject,
            "\(trackedConnections): the packet filter drops what goes beyond, and \(needs.connections) clients with their "
                + "upstreams are \(2 * needs.connections)",
            remedy:
                "sysctl -w net.netfilter.nf_conntrack_max=\(4 * needs.connections), or exempt the ports from tracking (notrack)")
    }
}
