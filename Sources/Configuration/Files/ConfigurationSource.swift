/// The texts that a configuration was read from: its file, and the files that it includes.
package struct ConfigurationSource: Sendable, Hashable {
    /// One file.
    package struct File: Sendable, Hashable {
        /// The path as it was found: a relative one begins at the working directory.
        package var path: String
        package var text: String

        package init(path: String, text: String) {
            self.path = path
            self.text = text
        }
    }

    /// The configuration's own first, then the included ones in the order in which they were read; empty if it could not be read.
    package private(set) var files: [File]
    /// What a change of may change the configuration: every file that was looked for, found or not.
    package private(set) var paths: [String]
    /// Directories in which a new file, or one less, may change it: those that patterns of `include` look through.
    package private(set) var directories: [String] = []
    /// Stands behind each file's name in messages: where the texts are from, if they are not the files as they are now.
    package var remark = ""

    /// Nothing read.
    package init() {
        files = []
        paths = []
    }

    /// One file.
    package init(text: String, file: String) {
        files = [File(path: file, text: text)]
        paths = [file]
    }

    package var isEmpty: Bool { files.isEmpty }

    /// All of it in one text: the file's own where it includes none, else every file after a line that names it. The inverse is
    /// ``init(whole:file:)``.
    package var text: String {
        guard files.count != 1 else { return files[0].text }
        return files.isEmpty ? "" : Self.heading(files.count) + files.map { Self.fileHeading($0) + $0.text + "\n" }.joined()
    }

    /// The text of one file; empty if it was not read.
    package func text(of path: String) -> String { files.first { $0.path + remark == path }?.text ?? "" }

    /// Paths of the files that are not as they were in an earlier source: with another text, new, or gone. If all are as they
    /// were and stand in another order, the first.
    package func changedFiles(since earlier: ConfigurationSource) -> [String] {
        guard files != earlier.files else { return [] }
        let (before, now) = (Set(earlier.files), Set(files))
        let changed = files.filter { !before.contains($0) }.map(\.path)
        let gone = earlier.files.filter { !now.contains($0) }.map(\.path).filter { !changed.contains($0) }
        let all = changed + gone
        return all.isEmpty ? files.prefix(1).map(\.path) : all
    }

    /// - Parameters:
    ///   - text: as ``text`` gives it.
    ///   - file: what to call it if it is one file.
    package init(whole text: String, file: String) {
        self.init(text: text, file: file)
        if let several = Self.several(text) {
            files = several
            paths = several.map(\.path)
        }
    }

    mutating func add(_ path: String, _ text: String?) {
        if let text { files.append(File(path: path, text: text)) }
        paths.append(path)
    }

    mutating func add(directories: [String]) { self.directories += directories.filter { !self.directories.contains($0) } }

    // A person can read it, and each length says where a file ends whatever it holds.
    private static func heading(_ count: Int) -> String { "# A configuration of Gatehouse in \(count) files\n" }
    private static func fileHeading(_ file: File) -> String { "# \(file.text.utf8.count) bytes of \(file.path)\n" }

    /// nil if the text is not such a one, whole and without a rest.
    private static func several(_ text: String) -> [File]? {
        var rest = text.utf8[...]
        guard let first = line(&rest), let words = first.wholeMatch(of: /# A configuration of Gatehouse in (\d+) files/),
            let count = Int(words.1)
        else { return nil }
        var files: [File] = []
        while !rest.isEmpty {
            guard let heading = line(&rest), let parts = heading.wholeMatch(of: /# (\d+) bytes of (.+)/),
                let length = Int(parts.1), length < rest.count
            else { return nil }
            files.append(File(path: String(parts.2), text: String(decoding: rest.prefix(length), as: UTF8.self)))
            rest = rest.dropFirst(length)
            guard rest.popFirst() == UInt8(ascii: "\n") else { return nil }
        }
        return files.count == count ? files : nil
    }

    private static func line(_ rest: inout Substring.UTF8View) -> String? {
        guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        defer { rest = rest[rest.index(after: end)...] }
        return String(decoding: rest[..<end], as: UTF8.self)
    }
}
