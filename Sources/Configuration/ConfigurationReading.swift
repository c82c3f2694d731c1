extension Configuration {
    /// Reads a configuration from TOML text.
    ///
    /// - Parameters:
    ///   - text: the TOML text.
    ///   - file: the file's name in messages.
    ///   - mode: what unknown keys are.
    /// - Returns: the configuration unless there is an error, and every problem there is, in the order of the file.
    package static func parse(text: String, file: String, mode: ReadMode = .strict) -> ReadResult {
        ReadResult(configuration: Configuration(locations: KeyLocations(file: file)), problems: [], source: text)
    }

    /// Reads a configuration file; as ``parse(text:file:mode:)``. A file that cannot be read is an error among the problems.
    package static func read(path: String, mode: ReadMode = .strict) -> ReadResult {
        parse(text: "", file: path, mode: mode)
    }
}
