import Configuration
import Upstreams

/// How requests of a route are bounded, stored, retried and kept on their server.
final class ProxyingPlan: Sendable {
    let retry: RetryPolicy
    /// Bytes of a body that are kept for another attempt.
    let replayLimit: Int
    /// Nil without sticky sessions.
    let sticky: StickyCookie?
    let timeouts: ProxyTimeoutPlan
    let bodyLimit: BodyLimit
    /// Where bodies are stored before they are sent; nil: they are sent as they come.
    let storage: StoragePlan?

    init(
        retry: RetryPolicy, replayLimit: Int, sticky: StickyCookie?, timeouts: ProxyTimeoutPlan, bodyLimit: BodyLimit,
        storage: StoragePlan?
    ) {
        self.timeouts = timeouts
        self.bodyLimit = bodyLimit
        self.storage = storage
        self.retry = retry
        self.replayLimit = replayLimit
        self.sticky = sticky
    }
}

/// How long a request's body may be.
struct BodyLimit: Sendable {
    /// Who has set it.
    enum Key: String, Sendable {
        case gateway = "security.max_request_size"
        case site = "sites.max_request_size"
        case route = "sites.proxy.routes.max_request_size"
    }

    /// 0: no limit.
    let bytes: UInt64
    let key: Key

    /// - Parameter common: of the whole gateway.
    init(_ route: RequestSettings, _ site: RequestSettings, common: Int) {
        if let own = route.maxRequestSize {
            (bytes, key) = (UInt64(own), .route)
        } else if let own = site.maxRequestSize {
            (bytes, key) = (UInt64(own), .site)
        } else {
            (bytes, key) = (UInt64(common), .gateway)
        }
    }

    /// - Throws: when a body of so many bytes is one too large.
    func check(_ count: UInt64) throws(Failure) {
        if bytes > 0, count > bytes { throw Failure(.bodyTooLarge, key: key.rawValue) }
    }
}
