import Glibc

/// Stands between members of a fleet and etcd, and loses answers that a test tells it to: see `Peers/etcd_proxy.py`.
package final class LosingProxy: Sendable {
    private let process: ChildProcess
    private let port: FreePort
    private let etcd: Etcd

    /// - Parameter etcd: of one member; lives as long as this.
    package init(before etcd: Etcd) async throws {
        self.etcd = etcd
        port = try FreePort()
        process = try ChildProcess(Place.python, [Place.peer("etcd_proxy.py"), "\(port)", "\(etcd.members[0].client)"])
        _ = try await process.output.first("ready") { $0 == "ready" }
    }

    /// As `fleet.endpoints` names it.
    package var url: String { "http://127.0.0.1:\(port)" }

    /// The answer to the next question that does this is lost: `"put KEY"`, `"read KEY"`.
    package func lose(_ what: String) async throws {
        try process.write("\(what)\n")
        _ = try await process.output.first("the rule") { $0 == "rule \(what)" }
    }

    /// Waits until it is.
    package func lost(_ what: String) async throws { _ = try await process.output.first("lost") { $0 == "lost \(what)" } }

    /// Loses all that comes from now on, as a network does that is cut.
    package func cut() { process.signal(SIGSTOP) }

    /// What was sent meanwhile arrives late.
    package func join() { process.signal(SIGCONT) }
}
