extension Rule {
    /// Marks of unfinished work.
    private static let leftovers = ["FIXME", "TODO", "XXX", "HACK"]
    /// These rules and their samples must name what they look for.
    private static let rulesThemselves = "Tests/TidyTests/"

    static let testRules = [
        Rule(name: "print") { file, _ in
            // Benchmarks are commands too.
            let isCommand = ["Sources/gatehouse/", "Benchmarks/"].contains { file.path.hasPrefix($0) }
            guard file.isSwift, !isCommand else { return [] }
            return file.code.indices.filter {
                file.code[$0].kind == .word && ["print", "debugPrint", "dump"].contains(file.code[$0].text)
                    && file.code.reads("(", at: $0 + 1) && !file.code.reads(".", at: $0 - 1)
                    && !file.code.reads("func", at: $0 - 1)
            }.map { (file.code[$0].line, "only the command prints: log it, return it or record an issue") }
        },
        Rule(name: "sleep") { file, _ in
            guard file.isTest, !file.path.hasPrefix(rulesThemselves) else { return [] }
            let lines =
                file.isSwift
                ? file.code.indices.filter { sleeps(at: $0, in: file.code) }.map { file.code[$0].line }
                : file.lines.indices.filter { hasShellSleep(file.lines[$0]) }.map { $0 + 1 }
            return lines.map { ($0, "a test that waits for time is slow and fails at random: wait for the event") }
        },
    ]

    static let textRules = [
        Rule(name: "leftover") { file, _ in
            guard !file.path.hasPrefix(rulesThemselves) else { return [] }
            return file.linesWithWord(in: leftovers).map { ($0.line, "`\($0.word)`: do it now, or open an issue") }
        },
        Rule(name: "script") { file, _ in
            guard file.isScript || file.path.hasPrefix("scripts/") || file.path == ".ci/run" else { return [] }
            let first = file.lines.first ?? ""
            guard first.hasPrefix("#!") else {
                let isProgram = !file.name.contains(".") || file.name.hasSuffix(".sh")
                return isProgram ? [(1, "begin with `#!/usr/bin/env bash`")] : []
            }
            guard first.hasSuffix("sh"), !file.lines.contains("set -euo pipefail") else { return [] }
            return [(2, "say `set -euo pipefail` first: a step that fails must stop the script")]
        },
    ]

    /// `Task.sleep(…)`, `clock.sleep(…)`, `sleep(1)` and its kin in code; `sleep 1` in a string that a shell will run. Not
    /// `waiter.sleep(timeout:)` of the event loop, which nobody waits for.
    private static func sleeps(at index: Int, in code: [Token]) -> Bool {
        switch code[index].kind {
        case .word:
            ["sleep", "usleep", "nanosleep"].contains(code[index].text) && code.reads("(", at: index + 1)
                && !code.reads("timeout", ":", at: index + 2)
        case .string: hasShellSleep(code[index].text[...])
        default: false
        }
    }

    private static func hasShellSleep(_ line: Substring) -> Bool {
        let words = line.split { !($0.isLetter || $0.isNumber || "._$(=".contains($0)) }
        return words.contains { $0.hasPrefix("time.sleep(") }
            || zip(words, words.dropFirst()).contains {
                ["sleep", "usleep"].contains($0) && ($1.first?.isNumber == true || $1.hasPrefix("$"))
            }
    }
}

extension SourceFile {
    /// A file that an interpreter runs: a shell's, Python's.
    var isProgram: Bool { isScript || path.hasSuffix(".py") || lines.first?.hasPrefix("#!") == true }

    /// A file that a shell runs.
    var isScript: Bool { path.hasSuffix(".sh") || lines.first.map { $0.hasPrefix("#!") && $0.hasSuffix("sh") } ?? false }

    /// The lines that hold one of `words` as a word of its own.
    fileprivate func linesWithWord(in words: [String]) -> [(line: Int, word: String)] {
        lines.enumerated().flatMap { offset, line in
            let found = words.filter { line.contains($0) }
            guard !found.isEmpty else { return [(line: Int, word: String)]() }
            let parts = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
            return found.filter { parts.contains(Substring($0)) }.map { (offset + 1, $0) }
        }
    }
}
