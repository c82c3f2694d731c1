import ACME

/// The certificates that sites want to have got by themselves, each once: sites of one first name share one.
struct WantedCertificates {
    /// In the order in which they were first wanted.
    private(set) var all: [ManagedCertificate] = []
    /// The indices of `all`, by name.
    private var indices: [String: Int] = [:]

    /// What has come of it that a further site wants one.
    enum Joining: Equatable {
        /// It has the site's names, too.
        case joined
        /// There is none of the name yet.
        case unknown
        /// It is asked of another authority, or as somebody else.
        case askedElsewhere
    }

    var isEmpty: Bool { all.isEmpty }

    /// Lets a site share the certificate of this name, if there is one.
    /// - Parameters:
    ///   - names: of the site.
    ///   - authority: that the site wants to have asked.
    ///   - folder: for answers to challenges, if no site before has named one.
    mutating func join(_ name: String, names: [String], authority: Authority, challengeFolder folder: String?) -> Joining {
        guard let index = indices[name] else { return .unknown }
        guard all[index].authority == authority else { return .askedElsewhere }
        all[index].names = Self.once(all[index].names + names)
        all[index].challengeFolder = all[index].challengeFolder ?? folder
        return .joined
    }

    /// - Parameter name: of a certificate that nobody has wanted before.
    mutating func add(_ certificate: ManagedCertificate, named name: String) {
        indices[name] = all.count
        all.append(certificate)
    }

    /// The same names, each where it comes first.
    static func once(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }
}
