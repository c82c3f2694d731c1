/// Whom certificates are asked of, and as whom.
package struct Authority: Hashable, Sendable {
    /// The URL of its directory (RFC 8555 §7.1.1).
    package var directory: String
    /// Where it may write to; empty: nowhere.
    package var email: String
    /// PEM with the CAs that its own certificate may lead to; nil: the system's.
    package var caFile: String?

    package init(directory: String, email: String = "", caFile: String? = nil) {
        self.directory = directory
        self.email = email
        self.caFile = caFile
    }

    /// Its place in the state directory: one account for each directory and address.
    var folder: String {
        let text = directory.lowercased().replacing("https://", with: "") + (email.isEmpty ? "" : "_" + email.lowercased())
        return StatePath.component(text)
    }
}
