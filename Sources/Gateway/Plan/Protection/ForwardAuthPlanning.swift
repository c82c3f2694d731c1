import Configuration
import HTTP
import TLS
import Upstreams

/// The part of the plan that is about servers which say who may pass.
extension PlanBuilder {
    /// The server that is asked for a route, or for all else of a site; nil if none is.
    /// - Parameters:
    ///   - identityFields: in which the site's upstreams are told who somebody is.
    ///   - keyPath: of the route, or of the site.
    mutating func forwardAuth(
        of site: Site, _ route: Route?, _ identityFields: [String], at keyPath: String
    ) -> ForwardAuthPlan? {
        if route?.liftsForwardAuth == true { return nil }
        let own = route?.forwardAuth
        guard let settings = own ?? site.forwardAuth else { return nil }
        let url = settings.url
        var tls: TLSClientContext.Settings?
        if url.scheme.isTLS {
            let made = TLSClientContext.Settings(
                serverName: settings.tlsServerName ?? url.hostText, caFile: settings.caFile, clientCertificateFile: nil,
                clientKeyFile: nil, verifies: true, records: records)
            // Each worker makes its own context; this one finds out now whether it can.
            if route == nil || own != nil, checkAuthorities(settings.caFile, at: "\(keyPath).forward_auth.ca_file") {
                do throws(TLSError) { _ = try TLSClientContext(made) } catch {
                    problem(at: "\(keyPath).forward_auth.ca_file", error.reason)
                }
            }
            tls = made
        }
        let server = UpstreamServer(
            UpstreamServer.Identity(
                isTLS: url.scheme.isTLS, host: url.hostText, port: UInt16(clamping: url.port), basePath: url.basePath),
            url: url.description, authority: url.authority, tls: tls)
        return ForwardAuthPlan(
            server, target: Array(settings.target.utf8),
            fields: fixedFields(
                settings.questionHeaders, at: "\(keyPath).forward_auth.headers", isTold: route == nil || own != nil),
            identityFields: identityFields, copied: settings.copyHeaders, userField: settings.userHeader,
            timeout: settings.timeout.nanoseconds,
            idleSettings: UpstreamClient.IdleSettings(
                maxConnections: configuration.limits.maxIdleUpstreamConnections,
                timeout: configuration.limits.upstreamIdleTimeout.nanoseconds),
            key: own == nil ? "sites.forward_auth" : "sites.proxy.routes.forward_auth")
    }

    /// What is spelt as a variable is not sent as that text.
    /// - Parameter isTold: a site's are looked at once, not for each of its routes.
    private mutating func fixedFields(_ fields: [HeaderField], at keyPath: String, isTold: Bool) -> [ConfiguredField] {
        fields.compactMap { field in
            if let value = (try? RequestTemplate(field.value))?.constant {
                return ConfiguredField(field.name, String(decoding: value, as: UTF8.self))
            }
            if isTold {
                problem(
                    at: "\(keyPath).\(field.name)", "variables are not replaced here: they would be sent as they are spelt",
                    hint: "write a fixed value; a dollar sign itself is $$")
            }
            return nil
        }
    }
}
