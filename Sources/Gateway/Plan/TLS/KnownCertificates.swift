import TLS

/// The certificates of the plan before, which this one takes over where nothing is different.
struct KnownCertificates {
    /// Those that have been read from an operator's files, and are not taken over yet.
    private var loaded: [LoadedCertificate.Source: [LoadedCertificate]]
    private let previous: [SiteCertificate]
    /// Those that are got by themselves, by name.
    private lazy var managed = Dictionary(
        grouping: previous.filter { $0.managedName != nil }, by: { $0.managedName ?? "" }
    ).mapValues { $0.map(\.context) }

    /// - Parameter previous: those of the plan before.
    init(_ previous: [SiteCertificate]) {
        self.previous = previous
        // They are taken from the end.
        loaded = Dictionary(grouping: previous.reversed().compactMap(\.loaded), by: \.source)
    }

    /// Gives further ones, in the order of the sites, which have been read meanwhile.
    mutating func add(_ more: [LoadedCertificate]) {
        for certificate in more.reversed() { loaded[certificate.source, default: []].append(certificate) }
    }

    /// One that was made of the same, if its files are as they were.
    mutating func take(_ source: LoadedCertificate.Source) -> LoadedCertificate? {
        while let known = loaded[source]?.popLast() {
            if known.isCurrent() { return known }
        }
        return nil
    }

    /// The one that is got by itself and has this name, if it has this certificate in memory. Not where clients show theirs,
    /// since a reload reads the files anew that these are verified by.
    mutating func managed(_ name: String, showing chain: CertificateChain, _ policy: TLSPolicy) -> TLSServerContext? {
        guard policy.clientAuthentication == nil else { return nil }
        return managed[name]?.first { $0.policy == policy && $0.stored != nil && $0.shows(chain) }
    }
}
