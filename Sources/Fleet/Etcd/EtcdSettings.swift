package import ACME

/// Where etcd is, and who we are to it.
package struct EtcdSettings: Sendable, Equatable {
    /// The URLs of etcd's members, without a path; one or more.
    package var endpoints: [ServiceURL]
    /// PEM file of the authorities to trust; nil: the system's.
    package var caFile: String?
    /// Our certificate, and its key; nil: none is shown.
    package var certFile: String?
    package var keyFile: String?
    /// Who we are, and the file of the password; nil: etcd asks for neither.
    package var user: String?
    package var passwordFile: String?

    package init(endpoints: [ServiceURL]) { self.endpoints = endpoints }
}
