import Foundation
import TestSupport
import Testing

@Suite("Big bodies and many clients", .serialized)
struct LoadTests {
    /// SHA-256 of what bulk_server.py sends for so many bytes, worked out by another program.
    private func expectedDigest(_ size: Int) async throws -> String {
        let script =
            "import hashlib; b = bytes(range(256)) * 4096; h = hashlib.sha256(); "
            + "[h.update(b) for _ in range(\(size >> 20))]; print(h.hexdigest())"
        return try await Command.run(Place.python, ["-c", script]).text.trimmingCharacters(in: .newlines)
    }

    private func run(_ shell: String) async throws -> Command.Outcome {
        try await Command.run("bash", ["-o", "pipefail", "-c", shell], within: Place.longPatience)
    }

    private func secureSite(_ port: FreePort, _ peer: Peer, _ certificates: Certificates) -> String {
        Sites.proxy(
            port, to: "https://localhost:\(peer)", upstream: "ca_file = \"\(certificates.authority)\"", ssl: certificates.ssl(),
            proxy: "[sites.proxy.timeout]\nread = 120\nwrite = 120", top: "[security]\nmax_request_size = 0")
    }

    @Test("bodies of 64 MiB pass https to https unchanged, both ways, with a length and chunked", arguments: [false, true])
    func checksums(isChunked: Bool) async throws {
        try await transfer(64 << 20, isChunked: isChunked)
    }

    /// Several times what may be in memory, each way. A debug build under a sanitizer is too slow for it.
    @Test("bodies of 256 MiB pass https to https in less than 64 MiB of memory", .enabled(if: !Place.isSanitized))
    func bounded() async throws {
        let peak = try await transfer(256 << 20, isChunked: false)
        #expect(peak < 64 << 20, "\(peak >> 20) MiB")
    }

    /// - Returns: the peak of Gatehouse's resident memory in bytes.
    @discardableResult
    private func transfer(_ size: Int, isChunked: Bool) async throws -> Int {
        let certificates = try await Certificates.ready()
        let server = try await Peer("bulk_server.py", [certificates.local.certificate, certificates.local.key])
        let port = try FreePort()
        let digest = try await expectedDigest(size)
        return try await Gatehouse.serving(secureSite(port, server, certificates)) { gatehouse in
            let curl = "curl -sS --http1.1 --cacert \(certificates.authority)"
            let url = "https://localhost:\(port)/\(size)"
            let down = try await run("\(curl) \(url) | sha256sum")
            #expect(down.text.hasPrefix(digest), "\(down)")
            let block = "import sys; b = bytes(range(256)) * 4096; [sys.stdout.buffer.write(b) for _ in range(\(size >> 20))]"
            // curl sends a pipe in chunks, unless the length is stated by hand.
            let length = isChunked ? "" : "-H 'Transfer-Encoding:' -H 'Content-Length: \(size)'"
            let up = try await run("\(Place.python) -c '\(block)' | \(curl) -X PUT -H 'Expect:' \(length) -T - \(url)")
            #expect(up.text.contains("\"size\": \(size)") && up.text.contains(digest), "\(up)")
            let entries = try await gatehouse.process.output.first(2).compactMap { AccessEntry($0) }
            #expect(entries.map { $0["bytes_out"] }.contains("\(size)"))
            #expect(entries.map { $0["bytes_in"] }.contains("\(size)"))
            return gatehouse.peakMemory
        }
    }

    @Test("64 MiB from nginx to nginx's client unchanged, and up into nginx by PUT")
    func nginx() async throws {
        let certificates = try await Certificates.ready()
        let (port, secure) = try (FreePort(), FreePort())
        let directory = try TemporaryDirectory()
        let file = directory.path + "/files/big.bin"
        try directory.write("files/up/here", "")
        _ = try await run("head -c 64M /dev/urandom > \(file)")
        let nginx = try await Nginx(
            """
            server {
                listen 127.0.0.1:\(secure) ssl reuseport;
                ssl_certificate \(certificates.local.certificate);
                ssl_certificate_key \(certificates.local.key);
                root \(directory.path)/files;
                location /up/ { dav_methods PUT; create_full_put_path on; }
            }
            """, in: directory)
        let toml = Sites.proxy(
            port, to: "https://localhost:\(secure)", upstream: "ca_file = \"\(certificates.authority)\"", ssl: certificates.ssl(),
            top: "[security]\nmax_request_size = \"100MB\"")
        try await Gatehouse.serving(toml) { _ in
            let curl = "curl -sS --http1.1 --cacert \(certificates.authority)"
            let down = try await run("\(curl) https://localhost:\(port)/big.bin | cmp - \(file)")
            #expect(down.exit == .code(0), "\(down)")
            let up = try await run("\(curl) -w '%{http_code}' -T \(file) https://localhost:\(port)/up/copy.bin")
            #expect(up.text == "201", "\(up)")
            let same = try await run("cmp \(file) \(directory.path)/files/up/copy.bin")
            #expect(same.exit == .code(0), "\(same)")
        }
        withExtendedLifetime(nginx) {}
    }

    @Test("1,000 TLS clients at once are all answered")
    func manyClients() async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream.answering { Upstream.ok($0.target) }
        let port = try FreePort()
        // Who comes first asks when all have come.
        let limits = "[limits]\nhandshake_timeout = 60\nhead_timeout = 240"
        let toml =
            "[performance]\nworker_threads = 2\nmax_connections = 1100\n"
            + Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl(), top: limits)
        try await Gatehouse.serving(toml, workers: 2) { gatehouse in
            let outcome = try await Command.run(
                Place.python, [Place.peer("many_clients.py"), "\(port)", "1000", certificates.authority, "localhost", "/many"],
                within: Place.longPatience)
            #expect(outcome.text == "'200' 1000\n", "\(outcome)")
            #expect(gatehouse.accessEntries.count <= 1000)
        }
    }
}
