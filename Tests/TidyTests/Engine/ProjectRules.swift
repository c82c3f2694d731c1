/// Rules about the files together.
enum ProjectRules {
    /// Floors go down: a target depends on lower ones only. Tests stand beside the house and see all of it.
    static func floors(of manifest: Manifest) -> [Finding] {
        manifest.targets.flatMap { target in
            target.dependencies.sorted().compactMap { name in
                guard let floor = target.floor, let used = manifest.target(name), used.floor ?? floor >= floor else { return nil }
                return finding(target.line, "floors", "`\(target.name)` must not depend on `\(name)`: imports point down only")
            }
        }
    }

    /// Every Swift target of the house stands on a floor.
    static func unplaced(in manifest: Manifest, files: [SourceFile]) -> [Finding] {
        manifest.targets.filter { target in
            target.floor == nil && files.contains { $0.isSource && $0.module == target.name }
        }.map { finding($0.line, "floors", "`\($0.name)` stands on no floor: list it under a `// Floor N` comment") }
    }

    /// The rooms name what is there and what needs it; a name that is left over would be an open door.
    static func rooms(of project: Project, files: [SourceFile]) -> [Finding] {
        guard project.isFinished else { return [] }
        let inFolders = project.rooms.folders.filter { folder in !files.contains { $0.path.hasPrefix(folder) } }
        let single = project.rooms.files.filter { path in
            guard let file = files.first(where: { $0.path == path }) else { return true }
            return !file.code.contains { $0.kind == .word && $0.text.lowercased().contains("unsafe") }
        }
        return (inFolders + single).map {
            Finding(path: $0, line: 1, rule: "rooms", advice: "is gone or no longer unsafe: take it off the list in Rooms.swift")
        }
    }

    /// What a build makes is not source, and a key is a secret.
    static func tracked(_ paths: [String]) -> [Finding] {
        paths.filter { path in
            let parts = path.split(separator: "/")
            return parts.last == "Package.resolved" || parts[0].hasPrefix(".build") || path.hasSuffix(".key")
        }.map { Finding(path: $0, line: 1, rule: "tracked", advice: "must not be in the repository: git rm --cached it") }
    }

    private static func finding(_ line: Int, _ rule: String, _ advice: String) -> Finding {
        Finding(path: "Package.swift", line: line, rule: rule, advice: advice)
    }
}
