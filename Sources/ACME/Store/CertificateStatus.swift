/// What is known of one certificate, as `status.json` keeps it. Times in seconds since 1970.
package struct CertificateStatus: Codable, Sendable, Equatable {
    /// Of the file's form. A newer one is not touched.
    package static let currentVersion = 1

    package var version = CertificateStatus.currentVersion
    /// That the certificate is for, the first one its name here.
    package var names: [String] = []
    /// Whose directory it is asked of.
    package var directory = ""
    /// Whose directory the present one is of; nil while there is none.
    package var issuedBy: String?
    /// Who has signed it; nil while there is none.
    package var issuer: String?
    package var notBefore: Int64?
    package var notAfter: Int64?
    /// When it is to be asked for, or renewed.
    package var nextTry: Int64 = 0
    package var lastTry: Int64?
    /// In a row.
    package var failures = 0
    /// Why the last one failed; nil if it did not.
    package var lastError: String?
    /// Of how it is asked for: another value after a failure means that somebody has mended something.
    package var settings: String?
    /// The URL of an order that is under way, and whose directory it is of.
    package var order: String?
    package var orderedFrom: String?

    package init() {}
}
