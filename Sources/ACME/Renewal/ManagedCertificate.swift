/// A certificate that is to be had by ACME, as the configuration says it.
package struct ManagedCertificate: Sendable, Equatable {
    /// Host names that it is for, lower case, each once. The first is its name in the state directory.
    package var names: [String]
    package var authority: Authority
    /// Where answers to challenges are put as files too, for another server that answers in our place; nil: nowhere.
    package var challengeFolder: String?

    package init(names: [String], authority: Authority, challengeFolder: String? = nil) {
        self.names = names
        self.authority = authority
        self.challengeFolder = challengeFolder
    }

    package var name: String { names.first ?? "" }
}
