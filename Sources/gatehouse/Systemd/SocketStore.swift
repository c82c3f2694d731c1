import EventLoop
import Gateway
import Logging
import Transport

/// Makes the service manager keep the listening sockets (`FDSTORE=1` of sd_notify(3)): if this process ends, however it does, its
/// sockets stay open, and who has connected waits in them for the next one, which the manager hands them to as if it had opened
/// them (`LISTEN_FDS`).
actor SocketStore {
    private let socket: NotifySocket
    private let log: Logger
    /// How many the manager keeps.
    private let maxSockets: Int
    /// What it keeps, as far as is known: the sockets' identities by their name.
    private var kept: [String: Set<UInt64>] = [:]
    private var isFirst = true
    private var isFull = false

    /// - Parameter inherited: the sockets that were open before this process: of those that are no manager's some may be kept.
    /// - Returns: nil if the manager keeps none. It tells by `FDSTORE` how many it does; before systemd 254 the unit says it.
    init?(_ socket: NotifySocket, inherited: [PassedSocket], _ log: Logger) {
        guard let maxSockets = Environment.value("FDSTORE").flatMap({ Int($0) }), maxSockets > 0 else { return nil }
        self.socket = socket
        self.log = log
        self.maxSockets = maxSockets
        kept = Self.identities(inherited)
    }

    /// Gives what is listened on to the manager, and has it let go of what is not.
    /// - Parameter sockets: all that are accepted from; they stay the caller's.
    func keep(_ sockets: [PassedSocket]) {
        let wanted = Self.identities(sockets)
        for (name, known) in kept where !known.isSubset(of: wanted[name] ?? []) {
            send(["FDSTOREREMOVE=1", "FDNAME=\(name)"])
            kept[name] = nil
        }
        let inOrder = sockets.filter { !$0.isManagers }.sorted { Self.name(of: $0) < Self.name(of: $1) }
        let known = kept
        kept = Self.identities(Array(inOrder.prefix(maxSockets)))
        for socket in inOrder.prefix(maxSockets) {
            let name = Self.name(of: socket)
            // The process before may have given it, or not: who has it already takes no second one.
            guard isFirst || known[name] != kept[name] else { continue }
            // Polled, a socket that has an error pending would be dropped.
            send(["FDSTORE=1", "FDNAME=\(name)", "FDPOLL=0"], socket)
        }
        isFirst = false
        report(missing: max(0, inOrder.count - maxSockets))
    }

    private func report(missing: Int) {
        defer { isFull = missing > 0 }
        guard missing > 0, !isFull else { return }
        log.warning(
            "the service manager does not keep all listening sockets: a restart may refuse clients",
            metadata: ["kept": "\(maxSockets)", "missing": "\(missing)", "help": "raise FileDescriptorStoreMax= in the unit"])
    }

    /// Those that are open because of this program: what a socket unit has opened stays open without it.
    private static func identities(_ sockets: [PassedSocket]) -> [String: Set<UInt64>] {
        Dictionary(grouping: sockets.filter { !$0.isManagers }, by: name).mapValues { Set($0.map(\.identity)) }
    }

    private func send(_ lines: [String], _ passed: PassedSocket? = nil) {
        do throws(SystemError) {
            try socket.send(lines, passing: passed?.descriptor)
        } catch {
            log.error(
                "the service manager cannot be told",
                metadata: ["message": "\(lines[0])", "name": "\(lines[1])", "reason": "\(error)"])
        }
    }

    /// The name by which the manager knows the sockets of an address; it may have no colon.
    private static func name(of socket: PassedSocket) -> String {
        prefix + socket.address.description.split(separator: ":", omittingEmptySubsequences: false).joined(separator: "_")
    }

    /// Is it the name of a socket that this program has left with the manager?
    static func isName(_ name: String) -> Bool { name.hasPrefix(prefix) }

    private static let prefix = "gatehouse-listener-"
}
