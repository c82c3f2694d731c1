import TLS

/// Whether somebody ought to look at a site's certificate. The raw value is its word in metrics and in the status.
package enum CertificateHealth: String, Sendable, CaseIterable {
    case good
    /// There is none: handshakes end with an alert.
    case missing
    case expired
    /// Within `tls.expiry_threshold`, or within a quarter of its life if that is less: some live for days alone.
    case expiresSoon = "expires_soon"
    /// The last try to get the next one has failed.
    case renewalFails = "renewal_fails"
    /// Its files were replaced by what cannot be used.
    case replacementRefused = "replacement_refused"

    /// The raw value, as metrics want it.
    var word: StaticString {
        switch self {
        case .good: "good"
        case .missing: "missing"
        case .expired: "expired"
        case .expiresSoon: "expires_soon"
        case .renewalFails: "renewal_fails"
        case .replacementRefused: "replacement_refused"
        }
    }
}

extension SiteCertificate {
    /// When it expires, or the first one of its chain, in seconds since 1970; nil if there is none.
    package var expires: Int64? { validity?.end }

    private var validity: (start: Int64, end: Int64)? { loaded?.firstToExpire ?? context.stored?.lifetime }

    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - threshold: seconds.
    package func health(now: Int64, threshold: Int64) -> CertificateHealth {
        guard context.hasCertificate else { return .missing }
        if let validity {
            if validity.end <= now { return .expired }
            if validity.end - now < min(threshold, max(0, validity.end - validity.start) / 4) { return .expiresSoon }
        }
        if context.stored?.renewalFails == true { return .renewalFails }
        return loaded?.problem == nil ? .good : .replacementRefused
    }
}
