import CRecords

/// Who protects the records of TLS 1.3 after a handshake: `[tls] records`.
package enum TLSRecords: Sendable, Equatable {
    /// The record layer of this program (`CRecords`), where a connection allows it; OpenSSL elsewhere.
    case own
    /// OpenSSL, always.
    case openSSL

    /// The cipher suites of TLS 1.3 that OpenSSL offers (RFC 8446 §B.4).
    private static let suites: [(number: UInt16, name: String)] = [
        (0x1301, "TLS_AES_128_GCM_SHA256"), (0x1302, "TLS_AES_256_GCM_SHA384"), (0x1303, "TLS_CHACHA20_POLY1305_SHA256"),
    ]

    /// What this choice comes to with the OpenSSL that is loaded, and why, for an operator. The first call tries the ciphers out.
    package var summary: String {
        guard self == .own else { return "by OpenSSL, as [tls] records says" }
        let exceptions = Self.suites.compactMap { suite in
            unsafe gh_suite_problem(suite.number).map { unsafe "\(suite.name) (\(String(cString: $0)))" }
        }
        if exceptions.isEmpty { return "own" }
        let list = exceptions.joined(separator: ", ")
        return exceptions.count == Self.suites.count ? "by OpenSSL: \(list)" : "own, but by OpenSSL with \(list)"
    }
}
