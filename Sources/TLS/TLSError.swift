import COpenSSL
import Glibc

/// What went wrong in TLS, in OpenSSL's words.
package struct TLSError: Error, CustomStringConvertible, Sendable {
    /// What the program does about it depends on this alone; `reason` is for people.
    package enum Kind: Sendable, Equatable {
        /// A certificate, key or CA file cannot be used.
        case configuration
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

    package let kind: Kind
    /// Plain words: OpenSSL's reason, or the system's.
    package let reason: String

    package init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
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
        let isSystems = words(of: newest) == "system lib"
        let code = isSystems ? oldest : newest
        return code == 0 ? fallback : words(of: code)
    }

    /// As ``takeReason(otherwise:)``, after a certificate or key file could not be used. The newest entry then tells only which
    /// part of OpenSSL gave up ("PEM lib"); the older ones tell why.
    static func takeFileReason() -> String {
        var reasons: [String] = []
        while case let code = ERR_get_error(), code != 0 { reasons.append(words(of: code)) }
        if reasons.contains(where: { ["bad password read", "problems getting password", "bad decrypt"].contains($0) }) {
            return "it is encrypted; a key without a passphrase is needed"
        }
        // What is left of decoders that found nothing says only that.
        let telling = reasons.filter { !["PEM lib", "system lib", "unsupported", "no start line"].contains($0) }
        return telling.first ?? "it holds no PEM block of this kind"
    }

    /// Codes that wrap an errno have no string of OpenSSL's own.
    private static func words(of code: UInt) -> String {
        if let words = unsafe ERR_reason_error_string(code) { return unsafe String(cString: words) }
        return unsafe String(cString: strerror(gh_error_reason(code)))
    }

    static func system(_ code: Int32) -> TLSError {
        TLSError(.system, unsafe String(cString: strerror(code)))
    }
}
