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

    /// What is declared in `Sources` is used there. By name: a name that nothing but its own declarations holds is dead; of two
    /// things with one name the other's use keeps both.
    static func dead(in files: [SourceFile], of project: Project) -> [Finding] {
        var uses: [String: Int] = [:]
        var declarations: [(declaration: Declaration, path: String)] = []
        for file in files where file.isSource {
            for token in file.code where token.kind == .word { uses[token.text, default: 0] += 1 }
            var ownPlaces: Set<Int> = []
            for declaration in Declaration.all(in: file.code) {
                ownPlaces.formUnion(declaration.ownPlaces)
                declarations.append((declaration, file.path))
            }
            for place in ownPlaces { uses[file.code[place].text, default: 0] -= 1 }
        }
        let kept = project.calledFromOutside.union(project.askedByTests)
        let dead = declarations.filter { uses[$0.declaration.name, default: 0] <= 0 && !kept.contains($0.declaration.name) }
        let advice = "is used nowhere in Sources: take it out, or Rooms.swift says who asks for it"
        return dead.map {
            Finding(path: $0.path, line: $0.declaration.line, rule: "dead", advice: "`\($0.declaration.name)` \(advice)")
        } + leftOver(project, declarations.map(\.declaration.name), uses)
    }

    /// Names that Rooms.swift keeps although they are gone, or are used after all.
    private static func leftOver(_ project: Project, _ declared: [String], _ uses: [String: Int]) -> [Finding] {
        let declared = Set(declared)
        return project.calledFromOutside.union(project.askedByTests).sorted().filter {
            !declared.contains($0) || uses[$0, default: 0] > 0
        }.map {
            Finding(
                path: "Tests/TidyTests/Engine/Rooms.swift", line: 1, rule: "dead",
                advice: "`\($0)` is gone or used in Sources: take it off the list")
        }
    }

    /// A package that builds the same folders with other settings repeats a part of Package.swift: each target that both have is
    /// the same in both, and has all that it needs.
    static func copies(of manifest: Manifest, in copy: Manifest, at path: String) -> [Finding] {
        copy.targets.flatMap { target in
            guard let own = manifest.target(target.name) else { return [Finding]() }
            let difference = own.dependencies.symmetricDifference(target.dependencies).sorted()
            let missing = target.dependencies.filter { manifest.target($0) != nil && copy.target($0) == nil }.sorted()
            let libraries = target.libraries == own.libraries || !own.isShim
            return difference.map {
                Finding(
                    path: path, line: target.line, rule: "copies", advice: "`\(target.name)` and Package.swift differ in `\($0)`")
            }
                + missing.map {
                    Finding(
                        path: path, line: target.line, rule: "copies",
                        advice: "`\(target.name)` needs `\($0)`, which is not listed")
                }
                + (libraries
                    ? []
                    : [
                        Finding(
                            path: path, line: target.line, rule: "copies",
                            advice: "`\(target.name)` links other libraries in Package.swift")
                    ])
        }
    }

    private static func finding(_ line: Int, _ rule: String, _ advice: String) -> Finding {
        Finding(path: "Package.swift", line: line, rule: rule, advice: advice)
    }
}
