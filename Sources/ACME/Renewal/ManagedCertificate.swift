package import TLS

/// A certificate that is to be had by ACME, as the configuration says it.
package struct ManagedCertificate: Sendable, Equatable {
    /// Host names and addresses that it is for, lower case, each once. The first is its name in the state directory.
    package var names: [String]
    package var authority: Authority
    /// Who is asked when that one fails, in this order.
    package var fallbacks: [Authority]
    /// Where answers to challenges are put as files too, for another server that answers in our place; nil: nowhere.
    package var challengeFolder: String?
    /// A program that puts records into DNS; nil: names are proved in other ways.
    package var dnsHook: String?
    /// How long one run of it may take, in nanoseconds.
    package var dnsHookTimeout: UInt64 = 300_000_000_000
    /// A DNS server that takes them; nil: as above.
    package var dnsUpdate: DNSUpdate?
    /// The kind of the certificate's own key.
    package var keyKind: PrivateKey.Kind
    /// The common name of the root that the chain is to lead to; nil: any.
    package var preferredRoot: String?

    /// Which of the authority's kinds of certificates is ordered; nil: its choice.
    package var profile: String?

    package init(
        names: [String], authority: Authority, fallbacks: [Authority] = [], challengeFolder: String? = nil,
        dnsHook: String? = nil, dnsUpdate: DNSUpdate? = nil, keyKind: PrivateKey.Kind = .p256, preferredRoot: String? = nil,
        profile: String? = nil
    ) {
        self.names = names
        self.authority = authority
        self.fallbacks = fallbacks
        self.challengeFolder = challengeFolder
        self.dnsHook = dnsHook
        self.dnsUpdate = dnsUpdate
        self.keyKind = keyKind
        self.preferredRoot = preferredRoot
        self.profile = profile
    }

    /// Another one whenever anything of how it is asked for is another.
    package var settings: String {
        let account = authority.externalAccount
        let parts =
            [
                authority.directory, authority.email, authority.caFile, account?.identifier, account?.key, challengeFolder,
                dnsHook, keyKind.rawValue, preferredRoot, profile,
            ] + fallbacks.map(\.directory) + [dnsUpdate.map { "\($0)" }]
        return Base64URL.text(sha256(Array(parts.map { $0 ?? "" }.joined(separator: "\n").utf8)).prefix(12))
    }

    /// Who is asked after so many failures in a row: each twice, since one may only have had a bad moment.
    func authority(afterFailures count: Int) -> Authority {
        authorities[count / 2 % authorities.count]
    }

    /// All that may be asked, in their order.
    package var authorities: [Authority] { [authority] + fallbacks }

    /// May a certificate of this directory stay?
    func accepts(_ directory: String?) -> Bool { authorities.contains { $0.directory == directory } }

    /// Do no listeners of ours answer the authority?
    package var isAnsweredElsewhere: Bool {
        authority.isLocal || challengeFolder != nil || dnsHook != nil || dnsUpdate != nil
    }

    /// Is it DNS that proves its names?
    var provesByDNS: Bool { dnsHook != nil || dnsUpdate != nil }

    package var name: String { names.first ?? "" }

    /// What a site's certificates on demand are told apart by, on all gateways alike.
    /// - Parameter site: its name.
    package func key(for site: String) -> String {
        Base64URL.text(sha256(Array("\(site) \(settings)".utf8)).prefix(12))
    }
}
