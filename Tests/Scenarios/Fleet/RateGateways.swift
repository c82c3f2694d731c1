import Foundation
import TestSupport

/// Gateways of one fleet that share a rate limit by Redis. etcd is not there: nothing of this needs it.
struct RateGateways {
    struct Gateway {
        let process: ChildProcess
        let port: FreePort
        let metrics: FreePort
        var log: Journal<String> { process.errors }
    }

    /// What has come of a load.
    struct Load: Decodable {
        let sent: Int
        let admitted: Int
        let seconds: Double
        /// What one gateway alone would have let in.
        let allowed: Int
    }

    let directory: TemporaryDirectory
    private(set) var all: [Gateway] = []
    private let away: FreePort

    init() throws {
        directory = try TemporaryDirectory()
        away = try FreePort()
        try directory.write("fleet.key", FleetGateways.digits)
    }

    /// Starts one, and waits until clients can connect.
    /// - Parameters:
    ///   - redis: the lines of `[fleet.redis]`.
    ///   - limit: the site's, by `X-Client`.
    @discardableResult
    mutating func start(_ name: String, redis: String, limit: String) async throws -> Gateway {
        let (port, metrics) = try (FreePort(), FreePort())
        let file = try directory.write(
            "\(name).toml",
            """
            [server]
            state_dir = "\(directory.path)/\(name)"
            [logging]
            access_log = "off"
            [admin]
            socket = "\(directory.path)/\(name).sock"
            [metrics]
            enabled = true
            listen = "127.0.0.1:\(metrics)"
            [fleet]
            name = "test"
            member = "\(name)"
            endpoints = ["http://127.0.0.1:\(away)"]
            secret_file = "\(directory.path)/fleet.key"
            [fleet.redis]
            \(redis)
            [[sites]]
            hostname = "localhost"
            listen = "127.0.0.1"
            port = \(port)
            respond = { status = 200, body = "in" }
            rate_limit = { \(limit), key = "header:X-Client" }
            """)
        let gateway = Gateway(
            process: try ChildProcess(Place.gatehouse, ["run", "-c", file, "--workers", "1"]), port: port, metrics: metrics)
        _ = try await gateway.log.line(": serving addresses=")
        all.append(gateway)
        return gateway
    }

    /// Waits until each has said that its limits count over the fleet.
    func inTouch() async throws {
        for gateway in all { _ = try await gateway.log.line("rate limits count over the fleet") }
    }

    /// - Parameter rate: in a second, of all together; of which the gateways let in 100, and 20 at once.
    func load(_ client: String, rate: Int, seconds: Int) async throws -> Load {
        let ports = all.map { "\($0.port)" }.joined(separator: ",")
        let outcome = try await Command.run(
            "python3", [Place.peer("rate_load.py"), ports, "\(rate)", "\(seconds)", client, "100", "20"])
        return try JSONDecoder().decode(Load.self, from: Data(outcome.output))
    }

    /// Is a request of a client let in?
    func isIn(_ client: String, at gateway: Gateway) async throws -> Bool {
        try await Command.curl([
            "-o", "/dev/null", "-w", "%{http_code}", "-H", "X-Client: \(client)", "http://127.0.0.1:\(gateway.port)/", "-H",
            "Host: localhost",
        ])
        .text == "200"
    }

    /// The value of a metric; nil if it is not there.
    func metric(_ name: String, of gateway: Gateway) async throws -> Double? {
        let text = try await Command.curl(["http://127.0.0.1:\(gateway.metrics)/metrics"]).text
        return text.split(separator: "\n").first { $0.hasPrefix(name + " ") }.flatMap { Double($0.dropFirst(name.count + 1)) }
    }
}
