/// The files of a configuration as they were when each was first asked for: whatever becomes of them meanwhile, one that is read
/// a second time is read from the same ones.
struct SeenFiles {
    private let files: ConfigurationFiles
    private var matches: [String: Result<ConfigurationFiles.Matches, TomlDocument.FileFailure>] = [:]
    private var contents: [String: Result<ConfigurationFiles.Content, TomlDocument.FileFailure>] = [:]

    init(_ files: ConfigurationFiles) { self.files = files }

    /// What ``ConfigurationFiles/matches(_:)`` finds, which is noted.
    mutating func matches(_ pattern: String) -> Result<ConfigurationFiles.Matches, TomlDocument.FileFailure> {
        let found = matches[pattern] ?? files.matches(pattern)
        matches[pattern] = found
        return found
    }

    /// What ``ConfigurationFiles/content(of:)`` finds, which is noted.
    mutating func content(of path: String) -> Result<ConfigurationFiles.Content, TomlDocument.FileFailure> {
        let content = contents[path] ?? files.content(of: path)
        contents[path] = content
        return content
    }
}
