/// A file of authorities by which the certificate of a service is judged, where no key names revocation lists: collectors,
/// ACME's authorities, servers of keys.
package enum ServiceAuthorities {
    /// Why a file cannot be used.
    package struct Flaw: Sendable {
        /// Names the file.
        package let message: String
        /// What can be done; nil if that is not known.
        package let remedy: String?
    }

    /// Looks at the file before anybody is asked by it.
    /// - Returns: nil if there is a certificate in it, and no revocation list, which nobody would ask.
    package static func flaw(of file: String) -> Flaw? {
        // Whoever asks makes a context of its own, for the service's name; what reads the file is the same.
        do throws(TLSError) {
            _ = try TLSClientContext(TLSClientContext.Settings(serverName: "localhost", caFile: file))
        } catch {
            return Flaw(message: error.reason, remedy: nil)
        }
        return RevocationList.unasked(in: file).map {
            Flaw(message: $0, remedy: "take them out of it: lists are only asked where there is a key that names them")
        }
    }
}
