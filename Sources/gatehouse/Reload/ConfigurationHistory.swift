import EventLoop
import FoundationEssentials
import TLS

/// The configurations that were in use, kept in the state directory by what is in them: to be looked at, and to go back to.
///
/// An entry is a file whose name tells when it came into use last and the SHA-256 of its content; there is nothing else that
/// could disagree with it. One that was edited, or damaged, is told by its name and never used.
struct ConfigurationHistory: Sendable {
    /// One configuration.
    struct Entry: Sendable {
        /// SHA-256 of the text, in hexadecimal.
        let hash: String
        /// When it came into use last, in milliseconds since 1970.
        let time: Int64
        let path: String
    }

    /// Why an entry cannot be had.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// `history` in the state directory.
    let directory: String
    /// How many are kept.
    let maxEntries: Int

    /// In bytes: a configuration's files have 64 MiB together at most, and some lines are written between them.
    private static let maxFileBytes = 65 << 20

    /// The newest first. What is no entry is left alone.
    var entries: [Entry] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.compactMap { Self.entry($0, in: directory) }.sorted { ($0.time, $0.hash) > ($1.time, $1.hash) }
    }

    /// `1796543210123-HASH.toml`
    private static func entry(_ name: String, in directory: String) -> Entry? {
        guard name.hasSuffix(".toml") else { return nil }
        let parts = name.dropLast(5).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let time = Int64(parts[0]), parts[1].count == 64, parts[1].allSatisfy(\.isHexDigit) else {
            return nil
        }
        return Entry(hash: String(parts[1]), time: time, path: "\(directory)/\(name)")
    }

    /// Notes that a configuration has come into use. It is written whole, or not at all.
    /// - Parameter time: milliseconds since 1970.
    /// - Throws: the system call that failed.
    func add(_ text: String, hash: String, time: Int64) throws(SystemError) {
        try StateFile.makeDirectory(directory)
        let path = "\(directory)/\(time)-\(hash).toml"
        try StateFile.write(Array(text.utf8), to: path)
        var kept = 0
        for entry in entries where entry.path != path {
            if entry.hash != hash { kept += 1 }
            if entry.hash == hash || kept >= maxEntries { StateFile.remove(entry.path) }
        }
    }

    /// Why an entry cannot be used; nil if it can.
    func problem(of entry: Entry) -> String? {
        do throws(Failure) { _ = try text(of: entry.hash) } catch { return error.description }
        return nil
    }

    /// The text of the entry whose hash begins so.
    /// - Throws: if there is none, more than one, or if it is not what it was.
    func text(of prefix: String) throws(Failure) -> (entry: Entry, text: String) {
        let found = entries.filter { $0.hash.hasPrefix(prefix.lowercased()) }
        guard let entry = found.first, prefix.count >= 4 else {
            throw Failure(
                description: "there is no configuration \(prefix) in the history: gatehouse history lists them by their hashes")
        }
        guard found.allSatisfy({ $0.hash == entry.hash }) else {
            throw Failure(description: "\(prefix) is the beginning of several hashes: write more of it")
        }
        // Somebody may have put a pipe, or something without an end, in its place.
        guard let bytes = try? FileAccess.read(entry.path, limit: Self.maxFileBytes) else {
            throw Failure(description: "\(entry.path) cannot be read")
        }
        guard ContentHash.hexadecimal(bytes) == entry.hash else {
            throw Failure(description: "\(entry.path) was edited or damaged: it is not what was in use")
        }
        return (entry, String(decoding: bytes, as: UTF8.self))
    }
}
