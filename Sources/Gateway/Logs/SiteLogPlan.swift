import Configuration

/// A site's access lines, where they are not as the others.
///
/// A class, so that whether there is one is asked without a copy of it.
final class SiteLogPlan: Sendable {
    let destination: Logging.Destination
    let style: AccessLogStyle

    /// - Returns: nil if the site says nothing of its own.
    init?(_ site: Site, besides logging: Logging) {
        guard site.accessLog != nil || site.logFormat != nil else { return nil }
        destination = site.accessLog ?? logging.accessLog
        var own = logging
        own.format = site.logFormat ?? logging.format
        style = AccessLogStyle(own)
    }
}
