/// Who protects the records of TLS 1.3: what holds for a client holds with both.
enum RecordMode: String, CaseIterable, CustomStringConvertible {
    case own
    case openssl

    var description: String { rawValue }

    /// The table that says so.
    var toml: String { "[tls]\nrecords = \"\(rawValue)\"" }
}
