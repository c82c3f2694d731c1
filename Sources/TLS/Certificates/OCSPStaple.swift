import COpenSSL
import Glibc
import Synchronization

/// How a site's certificates are stapled: shown with an answer of their OCSP responder (RFC 6066 §8).
package struct StaplingPolicy: Sendable, Hashable {
    /// Only certificates that demand it (RFC 7633)? Else all.
    package var onlyWhereRequired: Bool
    /// The URL of the responder; nil: the one that the certificate names.
    package var responder: String?
    /// Where answers are kept, by what `OCSPStaple.cacheName` is.
    package var directory: String

    package init(onlyWhereRequired: Bool, responder: String?, directory: String) {
        self.onlyWhereRequired = onlyWhereRequired
        self.responder = responder
        self.directory = directory
    }
}

/// One certificate's OCSP answer, as new handshakes show it.
/// `@safe`: the C object counts who has it. `gh_staple_use` is called under the lock of `lifetime`; handshakes look at the answer
/// by atomics (Stapling.c); all else reads what never changes.
@safe package final class OCSPStaple: Sendable {
    /// The file of the certificate.
    package let file: String
    /// Does the certificate demand it (RFC 7633)?
    package let isRequired: Bool
    /// Whom to ask; nil: there is nobody.
    package let responder: String?
    /// The name of the file that keeps the answer: the certificate's SHA-256 in hexadecimal.
    package let cacheName: String
    /// Nil where the chain has not the issuer, whose key the question names.
    private nonisolated(unsafe) let staple: OpaquePointer?
    private let lifetime = Mutex<Lifetime?>(nil)
    private let newestRevocation = Mutex<Int64?>(nil)

    /// From when to when an answer holds, in seconds since 1970.
    package struct Lifetime: Sendable, Equatable {
        package var from: Int64
        package var until: Int64

        package init(from: Int64, until: Int64) {
            self.from = from
            self.until = until
        }
    }

    /// How long an answer is shown that does not say until when it holds (RFC 6960 §4.2.2.1), in seconds.
    private static let undated: Int64 = 3600

    /// Makes the staple of the certificate that was put into the context last, with the answer that is kept, if it still holds.
    /// - Returns: nil where the policy wants none.
    init?(_ policy: StaplingPolicy, of context: OpaquePointer, file: String) {
        guard let leaf = unsafe SSL_CTX_get0_certificate(context) else { return nil }
        isRequired = unsafe gh_must_staple(leaf) == 1
        if policy.onlyWhereRequired, !isRequired { return nil }
        self.file = file
        unsafe staple = gh_staple_new(context)
        let named = unsafe staple.flatMap { unsafe gh_staple_responder($0) }.map { unsafe String(cString: $0) }
        responder = policy.responder ?? named
        var der: UnsafeMutablePointer<UInt8>?
        // The copy is freed here; i2d_X509(3) tells its length.
        let length = unsafe i2d_X509(leaf, &der)
        defer { unsafe CRYPTO_free(der, #file, #line) }
        cacheName = unsafe ContentHash.hexadecimal(Array(UnsafeBufferPointer(start: der, count: max(0, Int(length)))))
        ERR_clear_error()
        // One that calls the certificate revoked is kept, too: from the start on none is shown that is older.
        if let kept = Self.contents(of: "\(policy.directory)/\(cacheName)") { _ = use(kept, now: Int64(time(nil))) }
    }

    deinit {
        unsafe gh_staple_free(staple)
    }

    /// Why there can be no answer, whoever is asked; nil if there can.
    package var flaw: String? {
        if unsafe staple == nil { return "its issuer's certificate is not in the file, and the question names the issuer's key" }
        return responder == nil ? "it names no OCSP responder" : nil
    }

    /// What the responder is asked: DER, the body of a POST (RFC 6960 §A.1); nil where there is nothing to ask.
    package var question: [UInt8]? {
        guard let staple = unsafe staple else { return nil }
        var bytes: UnsafeMutablePointer<UInt8>?
        let length = unsafe gh_staple_question(staple, &bytes)
        defer { unsafe CRYPTO_free(bytes, #file, #line) }
        guard length > 0 else { return nil }
        return unsafe Array(UnsafeBufferPointer(start: bytes, count: Int(length)))
    }

    /// How long the answer in use holds; nil: there is none.
    package var inUse: Lifetime? { lifetime.withLock { $0 } }

    /// From when the newest answer that it has seen is that calls the certificate revoked, in seconds since 1970, also if that
    /// was the one that was kept; nil: none does.
    package var revocation: Int64? { newestRevocation.withLock { $0 } }

    /// Judges an answer, and has handshakes that begin from now on show it if it is good. From any thread.
    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - revocation: from when an answer is that has called the certificate revoked, as above; nil: none has.
    /// - Returns: how long it holds; or why it is not used. What was in use stays, unless the certificate is revoked.
    package func use(_ answer: [UInt8], now: Int64, after revocation: Int64? = nil) -> Result<Lifetime, Refusal> {
        guard let staple = unsafe staple else { return .failure(.unreadable) }
        var facts = gh_staple_facts()
        let verdict = unsafe gh_staple_judge(staple, answer, answer.count, now, &facts)
        if facts.is_revoked == 1 {
            let time = facts.this_update
            newestRevocation.withLock { $0 = max($0 ?? time, time) }
        }
        if verdict == GH_ANSWER_REVOKED { unsafe withdraw(staple) }
        if let refusal = Refusal(verdict, facts) { return .failure(refusal) }
        // Caches of a responder, and whoever sits on the way to it, may have an answer of before.
        let newest = max(revocation ?? .min, self.revocation ?? .min)
        guard facts.this_update > newest else { return .failure(.beforeRevocation) }
        let end = facts.next_update == 0 ? now + Self.undated : facts.next_update
        let found = Lifetime(from: facts.this_update, until: end)
        return lifetime.withLock { lifetime in
            // Memory is out: the one before is shown on.
            guard unsafe gh_staple_use(staple, answer, answer.count, end) == 1 else { return .failure(.unreadable) }
            lifetime = found
            return .success(found)
        }
    }

    /// None is shown from now on: a good answer of yesterday would hide that the certificate has been revoked.
    private func withdraw(_ staple: OpaquePointer) {
        lifetime.withLock { lifetime in
            _ = unsafe gh_staple_use(staple, [], 0, 0)
            lifetime = nil
        }
    }

    private static func contents(of file: String) -> [UInt8]? {
        defer { ERR_clear_error() }
        guard let input = unsafe RegularFile.open(file) else { return nil }
        defer { unsafe BIO_free(input) }
        // At most so many bytes are written.
        var bytes = [UInt8](repeating: 0, count: maxAnswerBytes + 1)
        let count = unsafe Int(BIO_read(input, &bytes, Int32(maxAnswerBytes + 1)))
        return 1...maxAnswerBytes ~= count ? Array(bytes.prefix(count)) : nil
    }

    /// Bytes of an answer: some have the responder's certificates with them.
    package static let maxAnswerBytes = 32 * 1024
}

extension OCSPStaple {
    /// Why an answer is not shown.
    package enum Refusal: Error, Sendable, Equatable, CustomStringConvertible {
        case unknown, unreadable, unsigned, ofAnother, notYet
        /// By an answer of that time, in seconds since 1970.
        case revoked(Int64)
        /// It is good, and older than one that calls the certificate revoked.
        case beforeRevocation
        /// The responder's error (RFC 6960 §4.2.1).
        case error(Int32)
        /// Since when, in seconds since 1970.
        case expired(Int64)

        fileprivate init?(_ verdict: gh_staple_verdict, _ facts: gh_staple_facts) {
            switch verdict {
            case GH_ANSWER_GOOD: return nil
            case GH_ANSWER_REVOKED: self = .revoked(facts.this_update)
            case GH_ANSWER_UNKNOWN: self = .unknown
            case GH_ANSWER_ERROR: self = .error(facts.error)
            case GH_ANSWER_UNSIGNED: self = .unsigned
            case GH_ANSWER_OF_ANOTHER: self = .ofAnother
            case GH_ANSWER_NOT_YET: self = .notYet
            case GH_ANSWER_EXPIRED: self = .expired(facts.next_update)
            default: self = .unreadable
            }
        }

        package var description: String {
            switch self {
            case .revoked: "the certificate is revoked"
            case .beforeRevocation: "it is older than the one that calls the certificate revoked"
            case .unknown: "the responder does not know the certificate"
            case .unreadable: "it is no OCSP response"
            case .unsigned: "it is not signed by the certificate's issuer, nor by a responder that the issuer has named"
            case .ofAnother: "it is about another certificate"
            case .notYet: "it is from the future, or this machine's clock is wrong"
            case .error(1): "the responder answers: malformed request"
            case .error(2): "the responder answers: internal error"
            case .error(3): "the responder answers: try later"
            case .error(5): "the responder answers: the request must be signed"
            case .error(6): "the responder answers: unauthorized (it has no answer for this certificate)"
            case .error(let number): "the responder answers with error \(number)"
            case .expired(let end): "it has expired \(Int64(time(nil)) - end) seconds ago"
            }
        }
    }
}
