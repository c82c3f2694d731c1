/// Tells a file of another program from one that is not quite TOML.
enum ForeignFile {
    /// What to do with a file that is no TOML since it is another program's; nil if it does not look like one's.
    static func hint(_ content: [UInt8]) -> String? {
        // Who wrote it shows at its beginning.
        let text = String(decoding: content.prefix(16 << 10), as: UTF8.self)
        let lines = text.split(separator: "\n").lazy.map { $0.split { $0 == " " || $0 == "\t" } }
        for words in lines {
            guard let first = words.first, words.count < 2 || words[1] != "=" else { continue }
            if first == "global" || first == "defaults" || first == "frontend" || first == "backend", words.count < 3 {
                return guide(to: "HAProxy")
            }
            let opens = words.last?.hasSuffix("{") == true
            if ["server", "http", "events", "upstream", "location"].contains(first), opens || text.contains(";") {
                return guide(to: "nginx")
            }
            if ["entryPoints:", "routers:", "middlewares:", "certificatesResolvers:"].contains(first) {
                return guide(to: "Traefik")
            }
            if ["reverse_proxy", "file_server", "handle", "handle_path", "tls", "encode", "respond"].contains(first) {
                return guide(to: "Caddy")
            }
        }
        // A table of TOML's stands in brackets.
        return text.first { $0 != " " && $0 != "\n" } == "{"
            ? "this is JSON; configurations are TOML (docs/configuration.md)" : nil
    }

    /// Where a file of another program is told of.
    static func guide(to program: String) -> String {
        "this looks like a file of \(program)'s: docs/coming-from-\(program.lowercased()).md says what its words are here"
    }
}
