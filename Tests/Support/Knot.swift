import Foundation

/// Knot, a DNS server, with one zone that takes updates (RFC 2136) signed by one key.
package final class Knot: Sendable {
    package let process: ChildProcess
    package let port: FreePort
    package static let key = "rDLhGKoGI0VOPXh2AAEWb8cWTzJHWwSFdDMRUTfWlPM="

    package static let isThere = FileManager.default.isExecutableFile(atPath: "/usr/sbin/knotd")

    /// - Parameters:
    ///   - zone: its name.
    ///   - types: of the records that may be changed.
    package init(zone: String, types: String = "TXT", in directory: TemporaryDirectory) async throws {
        port = try FreePort()
        try FileManager.default.createDirectory(atPath: directory.path + "/knot", withIntermediateDirectories: true)
        try directory.write(
            "knot.zone",
            """
            $ORIGIN \(zone).
            @ 60 SOA ns admin 1 3600 600 86400 60
            @ 60 NS ns
            @ 60 A 127.0.0.1
            ns 60 A 127.0.0.1
            * 60 A 127.0.0.1
            """ + "\n")
        let file = try directory.write(
            "knot.conf",
            """
            server:
                rundir: "\(directory.path)"
                listen: 127.0.0.1@\(port)
            database:
                storage: "\(directory.path)/knot"
            log:
              - target: stdout
                any: info
            key:
              - id: gatehouse
                algorithm: hmac-sha256
                secret: \(Self.key)
              - id: other
                algorithm: hmac-sha256
                secret: \(Self.key)
            acl:
              - id: update
                key: gatehouse
                action: update
                update-type: [\(types)]
            zone:
              - domain: \(zone)
                file: "\(directory.path)/knot.zone"
                acl: update
            """)
        process = try ChildProcess("/usr/sbin/knotd", ["-c", file])
        _ = try await process.output.first("knot has the zone") { $0.contains("loaded, serial") }
        _ = try await process.output.first("knot listens") { $0.contains("server started") }
    }

    /// The lines of `[sites.ssl.acme.dns_update]` for it.
    package func update(zone: String, key: String = "gatehouse", secret: String = Knot.key) -> String {
        """
        [sites.ssl.acme.dns_update]
        server = "127.0.0.1:\(port)"
        zone = "\(zone)"
        key_name = "\(key)"
        key_secret = "\(secret)"
        """
    }
}
