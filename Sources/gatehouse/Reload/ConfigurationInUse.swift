import Configuration
import TLS

/// Which configuration is in use, what was before it, and how it stands to what the files said last.
struct ConfigurationInUse {
    private(set) var configuration: Configuration
    /// What it was read from.
    private(set) var source: ConfigurationSource
    /// Of that, by SHA-256; empty before the gateway serves.
    private(set) var hash = ""
    /// What was in use before it; nil: nothing else was.
    private(set) var previous: ConfigurationSource?
    /// What was read last, whatever came of it: the files, and those that were looked for.
    var filesRead: ConfigurationSource
    /// How it came into use, if not by reading the file.
    var cause: String?

    /// - Parameter texts: what it was read from.
    init(_ configuration: Configuration, from texts: ConfigurationSource) {
        self.configuration = configuration
        (source, filesRead) = (texts, texts)
    }

    /// Why it is not what the file said when it was read last; nil if it is.
    var deviation: String? { source.text == filesRead.text ? nil : cause ?? "the last reload was refused" }

    /// Another configuration has come into use.
    mutating func replace(with next: Configuration) { configuration = next }

    /// That configuration was read from these texts.
    mutating func note(_ texts: ConfigurationSource) {
        if texts.files != source.files { previous = source }
        source = texts
        hash = ContentHash.hexadecimal(Array(texts.text.utf8))
    }
}
