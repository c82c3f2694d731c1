/// What is known of one certificate, as `status.json` keeps it. Times in seconds since 1970.
package struct CertificateStatus: Codable, Sendable, Equatable {
    /// The version of the file's form. A file of a newer one is not touched.
    package static let currentVersion = 1

    package var version = CertificateStatus.currentVersion
    /// The names that the certificate is for; it is known here by the first.
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
    /// How many tries in a row have failed.
    package var failures = 0
    /// Why the last one failed; nil if it did not.
    package var lastError: String?
    /// A digest of how it is asked for: another one after a failure means that somebody has mended something.
    package var settings: String?
    /// When the authority was last asked for it with success; nil: by another program, or another version.
    package var issued: Int64?
    /// When the authority wants it renewed, and where it says why (RFC 9773 §4.2); nil while it does not say.
    package var windowStart: Int64?
    package var windowEnd: Int64?
    package var windowExplanation: String?
    /// When it is asked for that again; nil: at once.
    package var nextLook: Int64?
    /// The URL of an order that is under way, and whose directory it is of.
    package var order: String?
    package var orderedFrom: String?

    package init() {}

    /// When the authority wants it renewed: from when to when.
    package var window: (Int64, Int64)? {
        guard let windowStart, let windowEnd else { return nil }
        return (windowStart, windowEnd)
    }

    /// Numbers that nobody has written here, as of a file that was changed by hand, become those that can be reckoned with.
    mutating func bound() {
        failures = min(max(failures, 0), 1_000_000)
        // Until the year 9999, as far as dates are written.
        func sane(_ time: Int64) -> Int64 { min(max(time, 0), 253_402_300_799) }
        nextTry = sane(nextTry)
        lastTry = lastTry.map(sane)
        (notBefore, notAfter) = (notBefore.map(sane), notAfter.map(sane))
        (issued, nextLook) = (issued.map(sane), nextLook.map(sane))
        (windowStart, windowEnd) = (windowStart.map(sane), windowEnd.map(sane))
    }

    /// Times that lie further ahead than this program puts them were written while the clock was wrong: no certificate waits
    /// for them.
    /// - Parameter now: seconds since 1970.
    mutating func correctTimes(now: Int64) {
        if failures > 0, let last = lastTry {
            nextTry = min(nextTry, min(last, now) + min(max(0, nextTry - last), RenewalSchedule.maxRetryDelay))
            lastTry = min(last, now)
        } else if let notAfter, let notBefore, nextTry > notAfter {
            nextTry = RenewalSchedule.renewal(notBefore: notBefore, notAfter: notAfter, draw: 0)
        } else if notAfter == nil {
            nextTry = 0
        }
        if let look = nextLook, look > now + RenewalSchedule.maxLookInterval { nextLook = nil }
    }

    /// When there is something to do about it.
    var nextEvent: Int64 {
        let asksNobody = notAfter == nil || failures > 0 || issuedBy == Authority.local.directory
        return asksNobody ? nextTry : min(nextTry, nextLook ?? 0)
    }
}
