import Foundation

/// etcd, of one or more members, on ports of its own.
package final class Etcd: Sendable {
    package static let isThere = FileManager.default.isExecutableFile(atPath: "/usr/bin/etcd")

    /// One member: its process, and the port that clients connect to.
    package struct Member: Sendable {
        package let process: ChildProcess
        package let client: FreePort
    }

    package let members: [Member]
    private let client: @Sendable (FreePort) -> String

    /// - Parameters:
    ///   - count: of members.
    ///   - tls: certificate and key of all, and the authority that clients' certificates must lead to; nil: plain HTTP.
    package init(
        members count: Int = 1, tls: (certificate: String, key: String, authority: String)? = nil,
        in directory: TemporaryDirectory
    ) async throws {
        let scheme = tls == nil ? "http" : "https"
        let ports = try (0..<count).map { _ in (client: try FreePort(), peer: try FreePort()) }
        let cluster = ports.enumerated().map { "m\($0)=http://127.0.0.1:\($1.peer)" }.joined(separator: ",")
        client = { "\(scheme)://127.0.0.1:\($0)" }
        var started: [Member] = []
        for (number, (client, peer)) in ports.enumerated() {
            var arguments = [
                "--name", "m\(number)", "--data-dir", "\(directory.path)/etcd-\(client)",
                "--listen-client-urls", "\(scheme)://127.0.0.1:\(client)",
                "--advertise-client-urls", "\(scheme)://127.0.0.1:\(client)",
                "--listen-peer-urls", "http://127.0.0.1:\(peer)", "--initial-advertise-peer-urls", "http://127.0.0.1:\(peer)",
                "--initial-cluster", cluster, "--unsafe-no-fsync",
            ]
            if let tls {
                arguments += ["--cert-file", tls.certificate, "--key-file", tls.key]
                arguments += ["--trusted-ca-file", tls.authority, "--client-cert-auth"]
            }
            started.append(Member(process: try ChildProcess("etcd", arguments), client: client))
        }
        members = started
        for member in members { try await Self.ready(member) }
    }

    private static func ready(_ member: Member) async throws {
        _ = try await member.process.errors.first("etcd is ready") {
            $0.contains("ready to serve client requests") || $0.contains("serving insecure client requests")
                || $0.contains("serving client requests")
        }
    }

    package var urls: [String] { members.map { client($0.client) } }
    /// As `fleet.endpoints` names them.
    package var endpoints: String { "[" + urls.map { "\"\($0)\"" }.joined(separator: ", ") + "]" }

    /// The revision of a key, its value as base64; nil if it is not there.
    package func value(of key: String) async throws -> (revision: Int, value: String)? {
        let answer = try await post("/v3/kv/range", ["key": Data(key.utf8).base64EncodedString()])
        guard let entry = (answer["kvs"] as? [[String: Any]])?.first else { return nil }
        return (Int(entry["mod_revision"] as? String ?? "") ?? 0, entry["value"] as? String ?? "")
    }

    /// - Parameter value: base64.
    package func put(_ key: String, base64 value: String) async throws {
        _ = try await post("/v3/kv/put", ["key": Data(key.utf8).base64EncodedString(), "value": value])
    }

    package func delete(_ key: String) async throws {
        _ = try await post("/v3/kv/deleterange", ["key": Data(key.utf8).base64EncodedString()])
    }

    /// From now on etcd wants to know who asks; only this user may use what fleets keep.
    package func protect(user: String, password: String) async throws {
        _ = try await post("/v3/auth/user/add", ["name": "root", "password": "root"])
        _ = try await post("/v3/auth/role/add", ["name": "root"])
        _ = try await post("/v3/auth/user/grant", ["user": "root", "role": "root"])
        _ = try await post("/v3/auth/user/add", ["name": user, "password": password])
        _ = try await post("/v3/auth/role/add", ["name": "fleet"])
        let range = [("key", "/gatehouse/"), ("range_end", "/gatehouse0")].map { ($0, Data($1.utf8).base64EncodedString()) }
        let permission = Dictionary(uniqueKeysWithValues: range + [("permType", "READWRITE")])
        _ = try await post("/v3/auth/role/grant", ["name": "fleet", "perm": permission])
        _ = try await post("/v3/auth/user/grant", ["user": user, "role": "fleet"])
        _ = try await post("/v3/auth/enable", [:])
    }

    private func post(_ path: String, _ body: [String: Any]) async throws -> [String: Any] {
        let text = String(decoding: try JSONSerialization.data(withJSONObject: body), as: UTF8.self)
        let outcome = try await Command.curl(["--data", text, urls[0] + path])
        return try JSONSerialization.jsonObject(with: Data(outcome.output)) as? [String: Any] ?? [:]
    }

    /// Ends one as a machine that fails does.
    package func fail(_ number: Int) async throws {
        members[number].process.kill()
        try await members[number].process.exit()
    }
}
