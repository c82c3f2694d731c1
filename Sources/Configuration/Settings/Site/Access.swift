/// `[sites.access]` and `[sites.proxy.routes.access]`: who may come. Of a route each key replaces the site's.
package struct Access: Sendable, Equatable {
    /// nil: not written.
    package var allow: [AddressBlock]?
    /// Wins over `allow`; nil: not written.
    package var deny: [AddressBlock]?
    /// Further ones of each, in a file; nil: not written.
    package var allowFile: String?
    package var denyFile: String?
    /// Whether a name and a password are asked for; nil: not written.
    package var requireAuth: Bool?
    /// An htpasswd file; nil: not written, as with all that follows.
    package var authFile: String?
    package var authRealm: String?
    /// Wrong passwords of one address in a minute; 0: no limit.
    package var authAttempts: Int?
    /// The name of the field that tells the upstream who it is.
    package var authUserHeader: String?
    /// Whether `Authorization` goes upstream.
    package var forwardAuthorization: Bool?

    package init() {}
}
