import Glibc

/// nginx as an upstream, with a configuration of a test's own.
package final class Nginx: Sendable {
    package let process: ChildProcess
    package let directory: TemporaryDirectory

    /// - Parameters:
    ///   - servers: `server { … }` blocks; they listen with `reuseport` on a `FreePort`.
    ///   - directory: prefix of relative paths in it.
    package init(_ servers: String, in directory: TemporaryDirectory) async throws {
        self.directory = directory
        let file = try directory.write(
            "nginx.conf",
            """
            daemon off;
            user root;
            worker_processes 1;
            pid \(directory.path)/nginx.pid;
            error_log stderr notice;
            events { worker_connections 4096; }
            http {
                access_log off;
                default_type application/octet-stream;
                client_max_body_size 0;
                client_body_temp_path \(directory.path)/body;
                proxy_temp_path \(directory.path)/proxy;
                fastcgi_temp_path \(directory.path)/fastcgi;
                uwsgi_temp_path \(directory.path)/uwsgi;
                scgi_temp_path \(directory.path)/scgi;
                root \(directory.path);
            \(servers)
            }
            """)
        process = try ChildProcess("nginx", ["-p", directory.path, "-c", file, "-e", "stderr"], isGroup: true)
        _ = try await process.errors.first("nginx's start") { $0.contains("start worker process ") }
    }

    deinit {
        process.terminate()
    }
}

/// A peer written in Python; it tells its port on a line of its own.
package final class Peer: Sendable, CustomStringConvertible {
    package let process: ChildProcess
    package let port: UInt16

    package init(_ name: String, _ arguments: [String] = []) async throws {
        process = try ChildProcess(Place.python, ["-u", Place.peer(name)] + arguments)
        let line = try await process.output.first("the port of \(name)") { $0.hasPrefix("port ") }
        port = UInt16(line.dropFirst(5)) ?? 0
    }

    deinit {
        process.kill()
    }

    package var description: String { "\(port)" }
}
