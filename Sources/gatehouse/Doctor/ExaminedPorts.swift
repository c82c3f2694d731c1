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
        let holders = refused.contains { $0.1?.code == EADDRINUSE } ? await self.holders() : [:]
        return refused.map { entry, error in
            let subject = entry.address.description
            let place = configuration.locationText(of: entry.key)
            guard let error else { return Finding(.ports, .ok, subject, "free", place: place) }
            if error.code == EADDRINUSE, let process = holders[subject] {
                return Finding(.ports, .ok, subject, "a gateway that runs, process \(process), listens there", place: place)
            }
            let problem = ListenError(address: entry.address, site: entry.key, cause: error).problem(in: configuration)
            return Finding(.ports, .error, subject, problem.message, remedy: problem.hint, place: place)
        }
    }

    /// Each once, with the key that says the port of the first that has it.
    private var addresses: [(address: SocketAddress, key: String)] {
        var wanted = configuration.sites.enumerated().map { ($1.listen, $1.port, "sites[\($0)].port") }
        wanted += configuration.tcp.enumerated().map { ($1.listen, $1.port, "tcp[\($0)].port") }
        let management = configuration.management
        if management.enabled {
            wanted.append((management.host == "localhost" ? "127.0.0.1" : management.host, management.port, "management.port"))
        }
        if let listen = configuration.metrics.listen { wanted.append((listen.address, listen.port, "metrics.listen")) }
        var found: [(address: SocketAddress, key: String)] = []
        for (listen, port, key) in wanted {
            guard let address = SocketAddress(listeningOn: listen, port: UInt16(clamping: port)) else { continue }
            if !found.contains(where: { $0.address == address }) { found.append((address, key)) }
        }
        return found
    }

    /// Which process listens where, of the gateways that run here, or where this configuration has its admin socket, and let
    /// this user ask.
    private func holders() async -> [String: Int] {
        var sockets = RuntimeDirectory.sockets
        if case .file(let path) = configuration.admin.socket { sockets.append(path) }
        var holders: [String: Int] = [:]
        for path in sockets {
            guard let client = try? AdminClient(path, timeout: AdminClient.shortTimeout),
                let status: AdminStatus = try? await client.ask(.get, "/status")
            else { continue }
            let control = try? await client.ask(.get, "/configuration", for: ControlListeners.self)
            for address in status.addresses + (control?.addresses ?? []) { holders[address] = Int(status.pid) }
        }
        return holders
    }
}
