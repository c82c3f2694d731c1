import HTTP
import StaticFiles

/// Which files a site, or one of its routes, answers with.
final class FilesPlan: Sendable {
    let site: StaticSite
    /// Paths of files, the first of which that is there is sent; empty: the request's own path.
    let tries: [RequestTemplate]

    init(_ site: StaticSite, tries: [RequestTemplate]) {
        self.site = site
        self.tries = tries
    }
}
