extension Rule {
    /// Modules that come with Swift and the system, open to every target.
    static let systemModules: Set<String> = ["Swift", "Glibc", "Synchronization"]

    static let importRules = [
        Rule(name: "import") { file, project in
            guard file.isSource, let name = file.module else { return [] }
            guard let target = project.manifest.target(name) else {
                return [(1, "`\(name)` is not in Package.swift: name it there, on its floor")]
            }
            return file.imports.compactMap { used in
                guard used.module != name, !systemModules.contains(used.module), !used.module.hasPrefix("Foundation"),
                    !target.dependencies.contains(used.module),
                    used.module != "Dispatch" || !project.dispatch.contains(name)
                else { return nil }
                return (used.line, "`\(name)` must not know `\(used.module)`: \(project.manifest.reason(target, used.module))")
            }
        },
        Rule(name: "foundation") { file, project in
            guard file.isSource, let name = file.module else { return [] }
            return file.imports.filter { $0.module.hasPrefix("Foundation") }.compactMap { used in
                if used.module == "FoundationEssentials" && project.foundationEssentials.contains(name) { return nil }
                return (
                    used.line,
                    "`\(used.module)` in `\(name)`: use the standard library; Rooms.swift lists where Essentials may be"
                )
            }
        },
        Rule(name: "version") { file, _ in
            let folders = ["Sources/Gateway/", "Sources/Upstreams/"]
            let isOfAVersion = file.name.hasPrefix("HTTP1") || file.name.hasPrefix("HTTP2")
            guard folders.contains(where: { file.path.hasPrefix($0) }), !isOfAVersion else { return [] }
            return file.code.filter { $0.kind == .word && namesVersion($0.text) }.map {
                ($0.line, "`\($0.text)` is one version's: use the protocol of a side, or name the file HTTP1… or HTTP2…")
            }
        },
    ]

    /// The types of HTTP/1 and HTTP/2 that move messages; everybody else knows only what both can do.
    private static func namesVersion(_ word: String) -> Bool {
        word == "Inflow" || word == "Outflow" || word.hasPrefix("HTTP1") || word.hasPrefix("HTTP2")
    }
}

extension SourceFile {
    /// What a Swift file imports, in order: of `@testable import struct A.B` it is `A`.
    var imports: [(module: String, line: Int)] {
        let kinds: Set = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
        return code.indices.compactMap { index in
            guard code.reads("import", at: index), !code[index].isGlued || index == 0 else { return nil }
            var next = index + 1
            if next < code.count, kinds.contains(code[next].text) { next += 1 }
            guard next < code.count, code[next].kind == .word, code[next].line == code[index].line else { return nil }
            return (code[next].text, code[index].line)
        }
    }
}
