import Configuration
import EventLoop
import Gateway
import Glibc
import HTTP
import Transport

/// Can every address of a configuration be listened on?
struct ExaminedPorts {
    private let configuration: Configuration

    init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    /// Listens on each for a moment. What a gateway that runs here holds is as it should be.
    func findings() async -> [Finding] {
        let refused = addresses.map { ($0, Listener.problem(listeningOn: $0.address)) }
        let holders = refused.contains { $0.1?.code == EADDRINUSE } ? await Self.holders() : [:]
        return refused.map { entry, error in
            let subject = entry.address.description
            let place = configuration.locationText(of: "\(entry.keyPath).port")
            guard let error else { return Finding(.ports, .ok, subject, "free", place: place) }
            if error.code == EADDRINUSE, let process = holders[subject] {
                return Finding(.ports, .ok, subject, "a gateway that runs, process \(process), listens there", place: place)
            }
            let problem = ListenError(address: entry.address, site: entry.keyPath, cause: error).problem(in: configuration)
            return Finding(.ports, .error, subject, problem.message, remedy: problem.hint, place: place)
        }
    }

    /// Each once, with the key path of the first that has it.
    private var addresses: [(address: SocketAddress, keyPath: String)] {
        let sites = configuration.sites.enumerated().map { ($1.listen, $1.port, "sites[\($0)]") }
        let tcp = configuration.tcp.enumerated().map { ($1.listen, $1.port, "tcp[\($0)]") }
        var found: [(address: SocketAddress, keyPath: String)] = []
        for (listen, port, keyPath) in sites + tcp {
            guard let address = SocketAddress(literal: listen, port: UInt16(clamping: port)) else { continue }
            if !found.contains(where: { $0.address == address }) { found.append((address, keyPath)) }
        }
        return found
    }

    /// Which process listens where, of the gateways that run here and let this user ask.
    private static func holders() async -> [String: Int] {
        var holders: [String: Int] = [:]
        for path in RuntimeDirectory.sockets {
            guard let client = try? AdminClient(path), let status: AdminStatus = try? await client.ask(.get, "/status") else {
                continue
            }
            for address in status.addresses { holders[address] = Int(status.pid) }
        }
        return holders
    }
}
