/// What there is to know of a certificate chain beside its bytes: enough to judge it again at another time.
package struct CertificateFacts: Sendable, Equatable {
    /// From when to when a certificate of the chain is valid, in seconds since 1970; nil for a time that cannot be read.
    struct Validity: Sendable, Equatable {
        var position: CertificateFault.Position
        var from: Int64?
        var to: Int64?

        /// How long before its end it expires soon, in seconds: a quarter of its life at most, since some live for days alone.
        fileprivate var soon: Int64 {
            guard let from, let to else { return CertificateChain.soon }
            return min(CertificateChain.soon, max(0, to - from) / 4)
        }
    }

    /// The hosts that the leaf is for.
    package var names: CertificateNames
    /// The leaf's first.
    var validities: [Validity]
    /// Faults that no time changes.
    var lasting: [CertificateFault]

    /// When the first certificate of the chain expires, in seconds since 1970.
    package var expires: Int64? { validities.compactMap(\.to).min() }

    /// The validity that ends first, in seconds since 1970.
    package var firstToExpire: (start: Int64, end: Int64)? {
        validities.compactMap { validity in validity.to.map { (validity.from ?? $0, $0) } }.min { $0.1 < $1.1 }
    }

    /// What clients will say of it, the worst first.
    /// - Parameter now: seconds since 1970.
    package func faults(now: Int64) -> [CertificateFault] {
        var faults = lasting.filter(\.isWeakness)
        for validity in validities {
            if let end = validity.to {
                if end < now {
                    faults.append(.expired(validity.position, at: end))
                } else if end < now + validity.soon {
                    faults.append(.expiresSoon(validity.position, at: end))
                }
            }
            if let start = validity.from, start > now { faults.append(.notYetValid(validity.position, from: start)) }
        }
        return faults + lasting.filter { !$0.isWeakness }
    }
}

extension CertificateFault {
    fileprivate var isWeakness: Bool { if case .weakKey = self { true } else { false } }
}
