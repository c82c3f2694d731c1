import Foundation
import TestSupport

/// Gateways of one fleet, each a process with a state directory of its own.
struct FleetGateways {
    struct Gateway {
        let process: ChildProcess
        let tls: FreePort
        let http: FreePort
        var log: Journal<String> { process.errors }
        let state: String
    }

    let directory: TemporaryDirectory
    let certificates: Certificates
    private(set) var all: [Gateway] = []

    static let digits = String(repeating: "0123456789abcdef", count: 4)

    init() async throws {
        directory = try TemporaryDirectory()
        certificates = try await Certificates.ready()
        try directory.write("fleet.key", Self.digits)
        try directory.write("www/index.html", "here\n")
    }

    /// The lines of `[fleet]`.
    func fleet(_ member: String, _ etcd: Etcd, more: String = "") -> String {
        """
        [fleet]
        name = "test"
        \(more.contains("member = ") ? "" : "member = \"\(member)\"")
        endpoints = \(etcd.endpoints)
        \(more.contains("secret_file") ? "" : "secret_file = \"\(directory.path)/fleet.key\"")
        \(more)
        """
    }

    private func toml(_ name: String, _ fleet: String, _ sites: String) -> String {
        """
        [server]
        state_dir = "\(directory.path)/\(name)"
        [logging]
        level = "debug"
        [admin]
        socket = "\(directory.path)/\(name).sock"
        \(fleet)
        \(sites)
        """
    }

    /// A site of `localhost` with the tests' certificate.
    private func local(_ tls: FreePort) -> String {
        """
        [[sites]]
        hostname = "localhost"
        listen = "127.0.0.1"
        port = \(tls)
        static_dir = "\(directory.path)/www"
        \(certificates.ssl())
        """
    }

    /// Starts one, and waits until clients can connect.
    @discardableResult
    mutating func start(
        _ name: String, _ etcd: Etcd, more: String = "", tls: FreePort? = nil, http: FreePort? = nil, sites: String? = nil
    ) async throws -> Gateway {
        let port = try tls ?? FreePort()
        let file = try directory.write("\(name).toml", toml(name, fleet(name, etcd, more: more), sites ?? local(port)))
        let gateway = Gateway(
            process: try ChildProcess(Place.gatehouse, ["run", "-c", file, "--workers", "1"]), tls: port,
            http: try http ?? FreePort(),
            state: "\(directory.path)/\(name)")
        _ = try await gateway.log.line(": serving addresses=")
        all.append(gateway)
        return gateway
    }

    /// Stops it in order.
    static func stop(_ gateway: Gateway) async throws -> ChildProcess.Exit {
        gateway.process.terminate()
        return try await gateway.process.exit()
    }

    /// A session of a client that has read its ticket.
    func begin(_ port: FreePort, _ version: String, _ ticket: String) async throws {
        let command =
            "printf 'GET / HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' | openssl s_client -ign_eof "
            + "-connect 127.0.0.1:\(port) -servername localhost \(version) -sess_out \(directory.path)/\(ticket)"
        _ = try await Command.run("sh", ["-c", command])
    }

    func isResumed(_ port: FreePort, _ version: String, by ticket: String) async throws -> Bool {
        try await Command.sClient(port, [version, "-servername", "localhost", "-sess_in", "\(directory.path)/\(ticket)"])
            .text.contains("Reused, ")
    }
}

extension FleetGateways.Gateway {
    /// Waits until it uses keys of this number or a later one.
    func usesTickets(_ number: Int) async throws {
        _ = try await log.first("keys of number \(number)") { line in
            guard line.contains("the fleet's keys of session tickets are in use"),
                let found = line.split(separator: " ").first(where: { $0.hasPrefix("number=") })
            else { return false }
            return Int(found.dropFirst(7)) ?? 0 >= number
        }
    }
}
