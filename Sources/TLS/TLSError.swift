import COpenSSL
import Glibc

/// What went wrong in TLS, in OpenSSL's words.
package struct TLSError: Error, CustomStringConvertible, Sendable {
    /// What the program does about it depends on this alone; `reason` is for people.
    package enum Kind: Sendable, Equatable {
        /// A certificate, key or CA file cannot be used; nil where it is none of them.
        case configuration(File?)
        /// The handshake failed.
        case handshake
        /// The client speaks plain HTTP to a TLS port.
        case plainHTTP
        /// The peer's certificate was refused, or names somebody else.
        case verification
        /// The peer sent something that TLS forbids, or an alert.
        case protocolViolation
        /// The connection ended without close_notify: what came before may be cut short.
        case truncated
        /// The socket failed.
        case system
    }

    /// What a file that the configuration names is for.
    package enum File: Sendable, Equatable {
        case certificate, key, authorities, clientAuthorities, revocations, passphrase
        /// Authorities of clients, and with them revocation lists that nobody is asked to verify by.
        case strayRevocations
    }

    package let kind: Kind
    /// Plain words: OpenSSL's reason, or the system's.
    package let reason: String
    /// What it was, if it was a client's handshake that failed.
    package let fault: HandshakeFault?

    /// The number, from 0, of the certificate that the error is about, where a site has several.
    package private(set) var certificate = 0

    package init(_ kind: Kind, _ reason: String, fault: HandshakeFault? = nil) {
        self.kind = kind
        self.reason = reason
        self.fault = fault
    }

    /// This error, said of one of several certificates.
    func ofCertificate(_ number: Int) -> TLSError {
        var error = self
        error.certificate = number
        return error
    }

    /// Does a reason of `takeFileReason` say that a file is encrypted?
    static func isOfEncryption(_ reason: String) -> Bool { reason.hasPrefix("it is encrypted") }

    /// The file that cannot be used, if it was one.
    package var file: File? {
        guard case .configuration(let file) = kind else { return nil }
        return file
    }

    /// Did the peer refuse the certificate that we showed, or that we showed none? Told from its alert's words.
    package var isAboutOurCertificate: Bool {
        reason.contains("alert") && (reason.contains("certificate") || reason.contains("unknown ca"))
    }

    package var description: String { reason }

    /// Empties this thread's error queue and returns the reason of its newest entry; where that only says that the system
    /// failed, of the oldest, which says how.
    static func takeReason(otherwise fallback: String = "unknown OpenSSL error") -> String {
        let oldest = ERR_peek_error()
        let newest = ERR_peek_last_error()
        ERR_clear_error()
        let isSystems = reason(of: newest) == "system lib"
        let code = isSystems ? oldest : newest
        return code == 0 ? fallback : reason(of: code)
    }

    /// As ``takeReason(otherwise:)``, after a certificate or key file could not be used. The newest entry then tells only which
    /// part of OpenSSL gave up ("PEM lib"); the older ones tell why.
    static func takeFileReason() -> String {
        var reasons: [String] = []
        while case let code = ERR_get_error(), code != 0 { reasons.append(reason(of: code)) }
        if reasons.contains(where: { ["bad password read", "problems getting password", "bad decrypt"].contains($0) }) {
            return "it is encrypted; a key without a passphrase is needed"
        }
        if let weakness = reasons.lazy.compactMap({ weaknesses[$0] }).first { return weakness }
        // What is left of decoders that found nothing says only that.
        let telling = reasons.filter { !["PEM lib", "system lib", "unsupported", "no start line"].contains($0) }
        return telling.first ?? nothingFound
    }

    /// A reason of `takeFileReason`.
    static let nothingFound = "it holds no PEM block of this kind"

    /// What this system's OpenSSL refuses to show to anybody, by its security level (SSL_CTX_set_security_level(3)).
    private static let weaknesses = [
        "ee key too small": "its key is too short for this system's OpenSSL: RSA of 2048 bits or more, or P-256",
        "ca key too small": "the key of a certificate behind it is too short for this system's OpenSSL",
        "ca md too weak": "it is signed with a hash that this system's OpenSSL refuses (MD5, SHA-1)",
    ]

    /// Codes that wrap an errno have no string of OpenSSL's own.
    private static func reason(of code: UInt) -> String {
        if let text = unsafe ERR_reason_error_string(code) { return unsafe String(cString: text) }
        return unsafe String(cString: strerror(gh_error_reason(code)))
    }

    static func system(_ code: Int32) -> TLSError {
        TLSError(.system, unsafe String(cString: strerror(code)))
    }
}
