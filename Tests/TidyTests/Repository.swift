import Foundation
import Glibc

/// The repository that these tests are part of.
struct Repository {
    let root: URL
    /// Paths that git tracks; empty where there is no git, as in a source archive.
    let tracked: [String]
    /// Every text file of the project, whether git knows it already or not.
    let files: [SourceFile]

    static func load(testFile: String = #filePath) throws -> Repository {
        let root = URL(filePath: testFile).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let tracked = (try? git(["ls-files", "-z", "--cached"], in: root)) ?? []
        let known = (try? git(["ls-files", "-z", "--cached", "--others", "--exclude-standard"], in: root)) ?? []
        let paths = known.isEmpty ? try walk(root) : known
        let files = try Set(paths).sorted().compactMap { path -> SourceFile? in
            // A deleted file is still in the index; a link or a binary file has no lines to judge.
            guard let bytes = try? Data(contentsOf: root.appending(path: path)), !bytes.contains(0) else { return nil }
            guard let text = String(data: bytes, encoding: .utf8) else { throw NotText(path: path) }
            return SourceFile(path: path, text: text)
        }
        return Repository(root: root, tracked: tracked, files: files)
    }

    /// A file with neither NUL bytes nor valid UTF-8.
    struct NotText: Error { var path: String }

    private struct GitFailed: Error {}

    /// Its output goes into a file: an end of a pipe could be inherited by what other tests start meanwhile, and then this one
    /// would wait for their end, too.
    private static func git(_ arguments: [String], in root: URL) throws -> [String] {
        let output = FileManager.default.temporaryDirectory.appending(path: "tidy-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: output) }
        let words = ["git", "-C", root.path(percentEncoded: false)] + arguments + [output.path(percentEncoded: false)]
        let quoted = words.map { "'" + $0.replacing("'", with: "'\\''") + "'" }
        let command = quoted.dropLast().joined(separator: " ") + " > \(quoted[quoted.count - 1]) 2> /dev/null"
        guard unsafe system(command) == 0 else { throw GitFailed() }
        return try Data(contentsOf: output).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    /// What an archive holds, but for what a build and the development scripts leave behind.
    private static func walk(_ root: URL) throws -> [String] {
        let skipped: Set = [".git", "certs", "var", "__pycache__"]
        var found: [String] = []
        var folders = [""]
        while let folder = folders.popLast() {
            let names = try FileManager.default.contentsOfDirectory(
                atPath: root.appending(path: folder).path(percentEncoded: false))
            for name in names where !skipped.contains(name) && !name.hasPrefix(".build") {
                let path = folder.isEmpty ? name : folder + "/" + name
                let kind = try root.appending(path: path).resourceValues(forKeys: [.isDirectoryKey])
                if kind.isDirectory == true { folders.append(path) } else { found.append(path) }
            }
        }
        return found
    }
}
