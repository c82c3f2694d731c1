import TestSupport

/// Two gateways on one machine, which differ by variables of their environments alone.
struct TwoOfFleet {
    let directory: TemporaryDirectory
    let certificates: Certificates
    let etcd: Etcd
    let ports: [FreePort]

    init() async throws {
        directory = try TemporaryDirectory()
        certificates = try await Certificates.ready()
        etcd = try await Etcd(in: directory)
        ports = try [FreePort(), FreePort()]
        try directory.write("fleet.key", FleetGateways.digits)
    }

    func text(_ body: String, more: String = "") -> String {
        """
        [server]
        state_dir = "\(directory.path)/${MEMBER}"
        [admin]
        socket = "\(directory.path)/${MEMBER}.sock"
        [fleet]
        name = "test"
        member = "${MEMBER}"
        endpoints = \(etcd.endpoints)
        secret_file = "\(directory.path)/fleet.key"
        [[sites]]
        hostname = "localhost"
        listen = "127.0.0.1"
        port = "${PORT}"
        respond = { status = 200, body = "\(body)" }
        \(more)
        """
    }

    func start(_ number: Int) async throws -> ChildProcess {
        let file = try directory.write("first.toml", text("first"))
        let process = try ChildProcess(
            Place.gatehouse, ["run", "-c", file, "--workers", "1", "--strict"],
            environment: ["MEMBER": "m\(number)", "PORT": "\(ports[number])"])
        _ = try await process.errors.line(": a member of the fleet")
        return process
    }

    func fleet(_ arguments: [String]) async throws -> Command.Outcome {
        try await Command.run(
            Place.gatehouse, ["fleet"] + arguments + ["-c", "\(directory.path)/first.toml"],
            environment: ["MEMBER": "desk", "PORT": "1"])
    }

    func answer(_ number: Int) async throws -> String {
        try await Command.curl(["http://127.0.0.1:\(ports[number])/"]).text
    }
}
