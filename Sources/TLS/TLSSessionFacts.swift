import COpenSSL
import CRecords

/// What was agreed on, for the log.
extension TLSSession {
    /// "TLSv1.3", after the handshake.
    package var version: String { unsafe records == nil ? String(cString: SSL_get_version(ssl)) : "TLSv1.3" }
    /// "TLS_AES_256_GCM_SHA384", after the handshake.
    package var cipher: String {
        if let records = unsafe records { return unsafe String(cString: gh_records_cipher(records)) }
        return unsafe SSL_get_current_cipher(ssl).map { unsafe String(cString: SSL_CIPHER_get_name($0)) } ?? "-"
    }
    /// Did the handshake go on with an earlier session?
    package var isResumed: Bool {
        if let records = unsafe records { return unsafe gh_records_is_resumed(records) == 1 }
        return unsafe SSL_session_reused(ssl) == 1
    }

    /// Has OpenSSL handed the connection over? Never, with TLS 1.2.
    var hasOwnRecords: Bool { unsafe records != nil }
}
