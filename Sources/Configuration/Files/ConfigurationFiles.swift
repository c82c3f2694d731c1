import Glibc

/// Where the files of a configuration are looked for.
enum ConfigurationFiles {
    case disk
    /// Nowhere but among these.
    case kept([ConfigurationSource.File])

    /// Files that a pattern of `include` names.
    struct Matches {
        /// The paths, in the order of their bytes.
        var paths: [String] = []
        /// What was looked through.
        var directories: [String] = []
    }

    /// A file's bytes.
    struct Content {
        var bytes: [UInt8]
        /// What tells the file from others: the same by whatever path it is opened.
        var identity: String
    }

    /// Is it a pattern (glob(7)), not a path?
    static func isPattern(_ text: String) -> Bool { text.utf8.contains { "*?[".utf8.contains($0) } }

    /// A path or pattern as seen from the working directory.
    /// - Parameters:
    ///   - text: as `include` writes it.
    ///   - file: that of the `include`.
    static func resolved(_ text: String, in file: String) -> String {
        guard !text.hasPrefix("/"), let end = file.lastIndex(of: "/") else { return text }
        let directory = file[...end]
        guard isPattern(text) else { return directory + text }
        // The directory's own name is no pattern.
        return directory.reduce(into: "") { $0 += "*?[\\".contains($1) ? "\\\($1)" : String($1) } + text
    }

    /// The files that match a pattern; none is no error, a directory that cannot be read is.
    func matches(_ pattern: String) -> Result<Matches, TomlDocument.FileFailure> {
        switch self {
        case .kept(let files):
            // Both strings live through the call.
            let paths = files.map(\.path).filter { unsafe fnmatch(pattern, $0, FNM_PATHNAME | FNM_PERIOD) == 0 }
            return .success(Matches(paths: paths.sorted(by: Self.isBefore)))
        case .disk:
            var matches = Matches()
            do {
                for parent in Self.parents(of: pattern) {
                    let isOne = !Self.isPattern(parent)
                    // With a slash behind it a pattern matches directories alone.
                    matches.directories +=
                        isOne ? [parent.isEmpty ? "." : parent] : try Self.glob(parent + "/").get().map { String($0.dropLast()) }
                }
                matches.paths = try Self.glob(pattern).get()
            } catch { return .failure(error) }
            return .success(matches)
        }
    }

    /// The file's bytes, or in words why they cannot be had.
    func content(of path: String) -> Result<Content, TomlDocument.FileFailure> {
        switch self {
        case .kept(let files):
            guard let file = files.first(where: { $0.path == path }) else {
                return .failure(TomlDocument.FileFailure(reason: "it was not given with the configuration"))
            }
            return .success(Content(bytes: Array(file.text.utf8), identity: path))
        case .disk:
            return TomlDocument.bytes(ofFileAt: path).map { Content(bytes: $0, identity: Self.identity(of: path)) }
        }
    }

    /// The patterns of the directories that a pattern looks through: in `sites/*/*.toml` these are `sites` and `sites/*`.
    private static func parents(of pattern: String) -> [String] {
        let parts = pattern.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = parts.firstIndex(where: { isPattern(String($0)) }) else { return [] }
        return (first..<parts.count).map { parts[..<$0].joined(separator: "/") }
    }

    private static func glob(_ pattern: String) -> Result<[String], TomlDocument.FileFailure> {
        var found = unsafe glob_t()
        // glob(3) fills the structure, which is freed below; the pattern lives through the call.
        let result = unsafe Glibc.glob(pattern, GLOB_ERR, nil, &found)
        defer { unsafe globfree(&found) }
        switch result {
        case 0:
            let paths = (0..<Int(unsafe found.gl_pathc)).compactMap { index in
                unsafe found.gl_pathv[index].map { unsafe String(cString: $0) }
            }
            return .success(paths.sorted(by: isBefore))
        case GLOB_NOMATCH: return .success([])
        case GLOB_ABORTED: return .failure(TomlDocument.FileFailure(reason: unsafe String(cString: strerror(errno))))
        default: return .failure(TomlDocument.FileFailure(reason: "there is no memory to look it up"))
        }
    }

    private static func isBefore(_ one: String, _ other: String) -> Bool { one.utf8.lexicographicallyPrecedes(other.utf8) }

    /// Device and inode: links to one file are that file.
    static func identity(of path: String) -> String {
        var facts = stat()
        // stat(2) fills the structure during the call.
        guard unsafe stat(path, &facts) == 0 else { return path }
        return "\(facts.st_dev):\(facts.st_ino)"
    }
}
