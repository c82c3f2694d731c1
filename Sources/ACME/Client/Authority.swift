/// Whom certificates are asked of, and as whom.
package struct Authority: Hashable, Sendable {
    /// The URL of its directory (RFC 8555 §7.1.1).
    package var directory: String
    /// Where it may write to; empty: nowhere.
    package var email: String
    /// PEM with the CAs that its own certificate may lead to; nil: the system's.
    package var caFile: String?
    /// Nil: none is needed.
    package var externalAccount: ExternalAccount?

    /// An account with the authority that was made by other means (RFC 8555 §7.3.4).
    package struct ExternalAccount: Hashable, Sendable {
        /// Its identifier, as the authority gave it.
        package var identifier: String
        /// base64url, as the authority gave it.
        package var key: String

        package init(identifier: String, key: String) {
            self.identifier = identifier
            self.key = key
        }
    }

    package init(directory: String, email: String = "", caFile: String? = nil, externalAccount: ExternalAccount? = nil) {
        self.directory = directory
        self.email = email
        self.caFile = caFile
        self.externalAccount = externalAccount
    }

    /// The one in the state directory, for names that no public authority issues for.
    package static let local = Authority(directory: "internal")
    package var isLocal: Bool { self == Self.local }

    /// Its place in the state directory: one account for each directory and address.
    var folder: String {
        let text = directory.lowercased().replacing("https://", with: "") + (email.isEmpty ? "" : "_" + email.lowercased())
        return StatePath.component(text)
    }
}
