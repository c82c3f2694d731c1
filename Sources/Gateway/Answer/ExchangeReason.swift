/// What happens to an exchange besides messages that break the rules; the raw value is the stable word. docs/reasons.md says what
/// each means and what to do about it.
enum ExchangeReason: String, Sendable, CaseIterable {
    // MARK: From the client

    case headTimeout = "head_timeout"
    case bodyTimeout = "body_timeout"
    case bodyTooSlow = "body_too_slow"
    case bodyTooLarge = "body_too_large"
    case sendTimeout = "send_timeout"
    case clientLeft = "client_left"
    case grpcDeadline = "grpc_deadline"
    case plainHTTPOnTLSPort = "plain_http_on_tls_port"
    case misdirected = "misdirected"
    case connectRefused = "connect_refused"
    case traceRefused = "trace_refused"
    case originRefused = "origin_refused"
    case addressRefused = "address_refused"
    case clientCertificateRequired = "client_certificate_required"
    case rateLimited = "rate_limited"
    case tooManyRequestsOfClient = "too_many_requests_of_client"
    case authRequired = "auth_required"
    case authFailed = "auth_failed"
    case authAttempts = "auth_attempts"
    case tokenRequired = "token_required"
    case tokenInvalid = "token_invalid"
    case forwardAuth = "forward_auth"
    case webSocketHandshake = "websocket_handshake"
    case noWebSocket = "no_websocket"
    case tooManyTunnelsOfClient = "too_many_tunnels_of_client"
    case noRoute = "no_route"
    case filePathMalformed = "file_path_malformed"
    case fileNotFound = "file_not_found"
    case fileForbidden = "file_forbidden"
    case methodNotAllowed = "method_not_allowed"
    case preconditionFailed = "precondition_failed"
    case rangeNotSatisfiable = "range_not_satisfiable"
    case notCached = "not_cached"

    // MARK: From the upstream

    case upstreamConnectFailed = "upstream_connect_failed"
    case upstreamConnectTimeout = "upstream_connect_timeout"
    case upstreamUnresolved = "upstream_unresolved"
    case upstreamTLSFailed = "upstream_tls_failed"
    case upstreamCertificateRefused = "upstream_certificate_refused"
    case upstreamTLSTimeout = "upstream_tls_timeout"
    case upstreamSpokeFirst = "upstream_spoke_first"
    case upstreamResting = "upstream_resting"
    case upstreamFirstByteTimeout = "upstream_first_byte_timeout"
    case upstreamQueueFull = "upstream_queue_full"
    case upstreamQueueTimeout = "upstream_queue_timeout"
    case groupUnavailable = "group_unavailable"
    case groupDraining = "group_draining"
    case upstreamStatus = "upstream_status"
    case upstreamClosedEarly = "upstream_closed_early"
    case upstreamTruncated = "upstream_truncated"
    case upstreamReadTimeout = "upstream_read_timeout"
    case upstreamWriteTimeout = "upstream_write_timeout"
    case upstreamNoWebSocket = "upstream_no_websocket"

    // MARK: From the gateway

    case redirectToHTTPS = "redirect_to_https"
    case directory = "directory"
    case listing = "listing"
    case redirect = "redirect"
    case redirectImpossible = "redirect_impossible"
    case respond = "respond"
    case tlsInfo = "tls_info"
    case options = "options"
    case crossOriginPreflight = "cors_preflight"
    case challenge = "acme_challenge"
    case tooManyRequests = "too_many_requests"
    case authUnavailable = "auth_unavailable"
    case authBusy = "auth_busy"
    case ready = "ready"
    case notReady = "not_ready"
    case siteDegraded = "site_degraded"
    case siteDraining = "site_draining"
    case forwardAuthFailed = "forward_auth_failed"
    case tooManyTunnels = "too_many_tunnels"
    case handshakeRate = "handshake_rate"
    case tooManyFiles = "too_many_files"
    case fileFailed = "file_failed"
    case fileTruncated = "file_truncated"
    case fileBusy = "file_busy"
    case fileStalled = "file_stalled"
    case compressionFailed = "compression_failed"
    case requestStorageFull = "request_storage_full"
    case requestStorageFailed = "request_storage_failed"
    case passedToItself = "passed_to_itself"

    /// The status of the answer, unless more is known; 499 if none can be given (the client is gone).
    var status: Int { row.status }
    var blame: Failure.Blame { row.blame }
    /// The registered error type nearest to it; nil where nothing is wrong.
    var proxyError: ProxyError? { row.error }

    private typealias Row = (status: Int, blame: Failure.Blame, error: ProxyError?)

    private var row: Row { ofClient ?? ofUpstream ?? ofGateway }

    private var ofClient: Row? {
        switch self {
        case .headTimeout: (408, .client, .request)
        case .bodyTimeout: (408, .client, .request)
        case .bodyTooSlow: (408, .client, .request)
        case .bodyTooLarge: (413, .client, .request)
        case .sendTimeout: (499, .client, .request)
        case .clientLeft: (499, .client, .request)
        case .grpcDeadline: (504, .client, .responseTimeout)
        case .plainHTTPOnTLSPort: (400, .client, .request)
        case .misdirected: (421, .client, .requestDenied)
        case .connectRefused: (405, .client, .requestDenied)
        case .traceRefused: (405, .client, .request)
        case .originRefused: (403, .client, .requestDenied)
        case .addressRefused, .clientCertificateRequired: (403, .client, .requestDenied)
        case .rateLimited: (429, .client, .requestDenied)
        case .tooManyRequestsOfClient: (429, .client, .requestDenied)
        case .authRequired: (401, .client, .requestDenied)
        case .authFailed: (401, .client, .requestDenied)
        case .authAttempts: (429, .client, .requestDenied)
        case .tokenRequired: (401, .client, .requestDenied)
        case .tokenInvalid: (401, .client, .requestDenied)
        case .notCached: (504, .client, .requestDenied)
        // The auth server's own status stands in its place.
        case .forwardAuth: (401, .client, .requestDenied)
        case .webSocketHandshake: (400, .client, .request)
        case .noWebSocket: (501, .client, .requestDenied)
        case .tooManyTunnelsOfClient: (503, .client, .request)
        case .noRoute: (404, .client, .requestDenied)
        case .filePathMalformed: (400, .client, .request)
        case .fileNotFound: (404, .client, .request)
        case .fileForbidden: (403, .client, .request)
        case .methodNotAllowed: (405, .client, .request)
        case .preconditionFailed: (412, .client, .request)
        case .rangeNotSatisfiable: (416, .client, .request)
        default: nil
        }
    }

    private var ofUpstream: Row? {
        switch self {
        case .upstreamNoWebSocket: (502, .upstream, .protocolError)
        case .upstreamConnectFailed: (502, .upstream, .connectionRefused)
        case .upstreamConnectTimeout: (504, .upstream, .connectionTimeout)
        case .upstreamUnresolved: (502, .upstream, .dns)
        case .upstreamTLSFailed: (502, .upstream, .tlsProtocol)
        case .upstreamCertificateRefused: (502, .upstream, .tlsCertificate)
        case .upstreamTLSTimeout: (504, .upstream, .connectionTimeout)
        case .upstreamSpokeFirst: (502, .upstream, .protocolError)
        case .upstreamResting: (503, .upstream, .destinationUnavailable)
        case .upstreamFirstByteTimeout: (504, .upstream, .responseTimeout)
        case .upstreamQueueFull: (503, .upstream, .connectionLimit)
        case .upstreamQueueTimeout: (503, .upstream, .connectionLimit)
        case .groupUnavailable: (502, .upstream, .destinationUnavailable)
        case .groupDraining: (503, .upstream, .destinationUnavailable)
        // The upstream's own status stands in its place.
        case .upstreamStatus: (502, .upstream, .protocolError)
        case .upstreamClosedEarly: (502, .upstream, .connectionTerminated)
        case .upstreamTruncated: (502, .upstream, .responseIncomplete)
        case .upstreamReadTimeout: (504, .upstream, .responseTimeout)
        case .upstreamWriteTimeout: (504, .upstream, .connectionWriteTimeout)
        default: nil
        }
    }

    private var ofGateway: Row {
        switch self {
        case .redirectToHTTPS: (301, .gateway, nil)
        case .directory: (301, .gateway, nil)
        case .listing: (200, .gateway, nil)
        case .redirect: (302, .gateway, nil)
        case .redirectImpossible: (400, .client, .request)
        case .respond: (200, .gateway, nil)
        case .tlsInfo: (200, .gateway, nil)
        case .options: (200, .gateway, nil)
        case .crossOriginPreflight: (204, .gateway, nil)
        case .challenge: (200, .gateway, nil)
        case .tooManyRequests: (503, .gateway, .connectionLimit)
        case .authUnavailable: (503, .gateway, .internal)
        case .authBusy: (503, .gateway, .internal)
        case .ready: (200, .gateway, nil)
        case .requestStorageFull: (507, .gateway, .internal)
        case .requestStorageFailed: (503, .gateway, .internal)
        case .notReady: (503, .gateway, .destinationUnavailable)
        case .siteDegraded: (503, .gateway, .destinationUnavailable)
        case .siteDraining: (503, .gateway, .destinationUnavailable)
        case .forwardAuthFailed: (503, .gateway, .internal)
        case .tooManyTunnels: (503, .gateway, .internal)
        case .handshakeRate: (503, .gateway, .internal)
        case .tooManyFiles: (503, .gateway, .internal)
        case .fileFailed: (500, .gateway, .internal)
        case .fileBusy, .fileStalled: (503, .gateway, .internal)
        case .fileTruncated, .compressionFailed: (500, .gateway, .internal)
        case .passedToItself: (508, .gateway, .internal)
        default: preconditionFailure("a reason without a row")
        }
    }
}
