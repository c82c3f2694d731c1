/// The certificates that are to be got and renewed.
struct WantedCertificates {
    private var configured: [ManagedCertificate] = []
    /// The certificates that were asked for besides, and by whom, by name.
    private(set) var demanded: [String: Demanded] = [:]

    /// A name that is in both is got as the configuration has it.
    var all: [ManagedCertificate] {
        if demanded.isEmpty { return configured }
        let names = Set(configured.map(\.name))
        return configured + demanded.values.map(\.certificate).filter { !names.contains($0.name) }
    }

    /// There is another configuration.
    /// - Parameter keys: who may still ask for others.
    mutating func configure(_ certificates: [ManagedCertificate], and keys: Set<String>) {
        demanded = demanded.filter { keys.contains($0.value.key) }
        configured = certificates
    }

    mutating func demand(_ one: Demanded) { demanded[one.certificate.name] = one }

    mutating func withdraw(_ name: String) { demanded[name] = nil }
}

/// A certificate that somebody has asked for while the program runs.
struct Demanded {
    var certificate: ManagedCertificate
    /// Whose it is.
    var key: String
    /// The number by which others are told of it.
    var number: UInt64
}
