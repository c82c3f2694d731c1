import Foundation
import TestSupport

/// What the gateway tells of itself.
extension Situation {
    static let diagnostics = [
        Situation("upstream ejected") { row in
            let (port, upstream) = try (FreePort(), Upstream.answering { _ in "HTTP/1.1 500 Error\r\nContent-Length: 0\r\n\r\n" })
            let toml = Sites.proxy(
                port, to: "http://127.0.0.1:\(upstream)", proxy: "[sites.proxy.passive_health]\nmax_fails = 2\n")
            try await Gatehouse.serving(toml) { gatehouse in
                for _ in 1...2 { _ = try await Command.curl(["http://localhost:\(port)/x"]) }
                try await row.comes(from: gatehouse)
            }
        },
        Situation("accepting pauses") { row in
            let (port, upstream) = try (FreePort(), Upstream.saying("x"))
            let toml = Sites.proxy(
                port, to: "http://127.0.0.1:\(upstream)", top: "[performance]\nworker_threads = 1\nmax_connections = 2\n")
            try await Gatehouse.serving(toml) { gatehouse in
                // Two have begun a request, so that neither is idle; the third waits.
                let wires = try await onThread {
                    try (1...3).map { _ in
                        let wire = try Wire(to: port.number)
                        try wire.write("GET / HTTP/1.1\r\n")
                        return wire
                    }
                }
                try await row.comes(from: gatehouse)
                for wire in wires { wire.close() }
            }
        },
        Situation("static_dir is lost") { row in
            let (port, directory) = try (FreePort(), TemporaryDirectory())
            try directory.write("public/index.html", "x")
            let toml = """
                [file_cache]
                valid = "100ms"
                [[sites]]
                hostname = "localhost"
                port = \(port)
                static_dir = "\(directory.path)/public"
                """
            try await Gatehouse.serving(toml) { gatehouse in
                _ = try await Command.curl(["http://localhost:\(port)/"])
                try FileManager.default.removeItem(atPath: directory.path + "/public")
                // It is looked at again when a request comes after `valid`: nothing announces that this has passed.
                while !gatehouse.log.all.contains(where: row.matches) {
                    _ = try await Command.curl(["http://localhost:\(port)/"])
                }
            }
        },
    ]
}
