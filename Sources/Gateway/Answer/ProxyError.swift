/// The registered error types of `Proxy-Status` that are said here (RFC 9209 §2.3).
enum ProxyError: String, Sendable {
    case dns = "dns_error"
    case destinationUnavailable = "destination_unavailable"
    case connectionRefused = "connection_refused"
    case connectionTerminated = "connection_terminated"
    case connectionTimeout = "connection_timeout"
    case connectionWriteTimeout = "connection_write_timeout"
    case connectionLimit = "connection_limit_reached"
    case responseIncomplete = "http_response_incomplete"
    case responseTimeout = "http_response_timeout"
    case protocolError = "http_protocol_error"
    case tlsProtocol = "tls_protocol_error"
    case tlsCertificate = "tls_certificate_error"
    case request = "http_request_error"
    case requestDenied = "http_request_denied"
    case `internal` = "proxy_internal_error"
}
