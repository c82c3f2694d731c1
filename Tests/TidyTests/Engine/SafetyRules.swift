extension Rule {
    static let safetyRules = [
        Rule(name: "unsafe-room") { file, project in
            guard file.isSource, !project.rooms.contains(file.path) else { return [] }
            return file.code.indices.filter { file.isUnsafe(at: $0) }.map {
                (
                    file.code[$0].line,
                    "`\(file.code[$0].text)` outside its rooms: use Span, or move it to a file that Rooms.swift names"
                )
            }
        },
        Rule(name: "unchecked") { file, project in
            guard file.isSwift, !file.path.hasPrefix("Sources/EventLoop/") else { return [] }
            return file.code.indices.compactMap { index in
                if file.code.reads("@", "unchecked", at: index) {
                    return (
                        file.code[index].line,
                        "`@unchecked` is for EventLoop alone: let the compiler prove it, or use Mutex or Atomic"
                    )
                }
                if file.code.reads("nonisolated", "(", "unsafe", ")", at: index) {
                    // A C pointer that never changes may be held so where pointers live; a variable would be a race.
                    if project.rooms.contains(file.path) && file.code.reads("let", at: index + 4) { return nil }
                    return (
                        file.code[index].line, "`nonisolated(unsafe)` is for a room's constants: isolate it, or use Mutex"
                    )
                }
                return nil
            }
        },
        Rule(name: "force") { file, _ in
            guard file.isSource else { return [] }
            return file.code.indices.compactMap { index in
                file.force(at: index).map {
                    (file.code[index].line, "`\($0)` crashes on the input that proves it wrong: handle the case")
                }
            }
        },
        Rule(name: "header-macro") { file, _ in
            guard file.path.hasPrefix("CShims/"), file.path.hasSuffix(".h") else { return [] }
            return file.lines.enumerated().filter { isFeatureMacro($0.element) }.map {
                (
                    $0.offset + 1,
                    "a feature macro in a header breaks module imports under the sanitizers: define it in the .c file"
                )
            }
        },
    ]

    private static func isFeatureMacro(_ line: Substring) -> Bool {
        let words = line.split { $0 == " " || $0 == "\t" || $0 == "#" }
        guard line.contains("#"), words.count > 1, words[0] == "define", words[1].hasPrefix("_") else { return false }
        return words[1].hasSuffix("_SOURCE") || words[1].hasSuffix("_OFFSET_BITS") || words[1].hasSuffix("_TIME_BITS")
    }
}

extension SourceFile {
    /// `unsafe`, and the types and functions that strict memory safety calls so. `nonisolated(unsafe)` is another rule's.
    fileprivate func isUnsafe(at index: Int) -> Bool {
        let token = code[index]
        guard token.kind == .word, !code.reads("nonisolated", "(", "unsafe", at: index - 2) else { return false }
        return token.text.hasPrefix("unsafe") || token.text.hasPrefix("Unsafe") || token.text.hasPrefix("withUnsafe")
            || ["OpaquePointer", "CVaListPointer", "AutoreleasingUnsafeMutablePointer", "Unmanaged"].contains(token.text)
    }

    /// What is forced at `index`: an error (`try!`), a cast (`as!`), or an optional.
    fileprivate func force(at index: Int) -> String? {
        guard index > 0, code.reads("!", at: index), code[index].isGlued else { return nil }
        let before = code[index - 1]
        if before.kind == .word && ["try", "as"].contains(before.text) { return before.text + "!" }
        let isComparison = code.reads("=", at: index + 1) && code[index + 1].isGlued
        guard !isComparison, before.kind == .word || ")]}>?".contains(before.text) else { return nil }
        return before.text + "!"
    }
}
