/// Something to tell the operator about the configuration, at its place.
package struct Problem: Sendable, Equatable, CustomStringConvertible {
    /// Whether the configuration can be used in spite of it.
    package enum Severity: String, Sendable {
        /// The configuration cannot be used.
        case error
        /// It can, but perhaps not as meant.
        case warning
        /// It can; what it depends on cannot be judged from here.
        case note
    }

    package var severity: Severity
    package var location: SourceLocation
    /// The key's path, such as `sites[0].proxy.routes[1].upstream`; empty when the problem is the file's, not a key's.
    package var keyPath: String
    package var message: String
    /// What to do about it.
    package var hint: String?

    package init(
        severity: Severity, location: SourceLocation, keyPath: String, message: String, hint: String? = nil
    ) {
        self.severity = severity
        self.location = location
        self.keyPath = keyPath
        self.message = message
        self.hint = hint
    }

    /// `file:line:column: error: key: message`, and a `  help:` line if there is a hint. Control characters that came from
    /// the file are shown as `\u{…}`, so that a terminal cannot be written to by a configuration.
    package var description: String {
        render(source: "", colour: false)
    }
}

/// What reading a configuration gave.
package struct ReadResult: Sendable {
    /// nil when there is an error among the problems.
    package var configuration: Configuration?
    /// All of them, in the order of the file.
    package var problems: [Problem]
    /// The texts that were read, for ``Problem/render(source:colour:)``; empty when the file could not be read.
    package var source: ConfigurationSource
}

/// What unknown keys are.
package enum ReadMode: Sendable, Equatable {
    /// Errors.
    case strict
    /// Warnings (`--lenient`, or `compat = "bws"` in the file).
    case lenient

    /// The mode that the option `--lenient` asks for.
    package init(lenient: Bool) { self = lenient ? .lenient : .strict }
}
