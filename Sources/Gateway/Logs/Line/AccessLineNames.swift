import Configuration

/// How a format whose lines are JSON objects calls its fields, in their order: literals with comma and colon, since each line has
/// them all. One object for each format.
final class AccessLineNames: Sendable, Equatable {
    typealias Member = (field: LogField, name: StaticString)

    /// Up to the time, in its quotes.
    let beginning: StaticString
    /// What the exchange tells.
    let exchange: [Member]
    /// What its connection tells, which is the same in all its lines: see `LoggedConnection`.
    let connection: [Member]
    /// How it failed.
    let failure: [Member]
    /// Which configuration it went by.
    let configuration: StaticString

    private init(
        beginning: StaticString, exchange: [Member], connection: [Member], failure: [Member], configuration: StaticString
    ) {
        (self.beginning, self.exchange, self.connection) = (beginning, exchange, connection)
        (self.failure, self.configuration) = (failure, configuration)
    }

    static func == (one: AccessLineNames, other: AccessLineNames) -> Bool { one === other }

    /// Nil: its lines are no objects.
    static func of(_ format: Logging.Format) -> AccessLineNames? {
        switch format {
        case .json: json
        case .ecs: ecs
        case .otel: otel
        case .combined, .compact, .text: nil
        }
    }

    private static let json = AccessLineNames(
        beginning: "{\"time\":\"",
        exchange: [
            (.client, ",\"client\":"), (.site, ",\"site\":"), (.user, ",\"user\":"), (.method, ",\"method\":"),
            (.target, ",\"target\":"), (.host, ",\"host\":"), (.version, ",\"version\":"), (.stream, ",\"stream\":"),
            (.connection_requests, ",\"connection_requests\":"), (.referer, ",\"referer\":"),
            (.user_agent, ",\"user_agent\":"), (.status, ",\"status\":"), (.grpc_status, ",\"grpc_status\":"),
            (.bytes_in, ",\"bytes_in\":"), (.bytes_out, ",\"bytes_out\":"), (.ms, ",\"ms\":"),
            (.request_id, ",\"request_id\":"), (.trace_id, ",\"trace_id\":"), (.span_id, ",\"span_id\":"),
            (.route, ",\"route\":"), (.upstream, ",\"upstream\":"), (.attempts, ",\"attempts\":"),
            (.not_retried, ",\"not_retried\":"), (.wait_ms, ",\"wait_ms\":"), (.connect_ms, ",\"connect_ms\":"),
            (.upstream_ms, ",\"upstream_ms\":"),
        ],
        connection: [
            (.tls, ",\"tls\":"), (.cipher, ",\"cipher\":"), (.server_name, ",\"server_name\":"), (.resumed, ",\"resumed\":"),
            (.client_cert, ",\"client_cert\":"),
        ],
        failure: [
            (.reason, ",\"reason\":"), (.blame, ",\"blame\":"), (.detail, ",\"detail\":"), (.key, ",\"key\":"),
        ],
        configuration: ",\"configuration\":")

    /// The Elastic Common Schema 8.11, with dots, as ecs-logging writes it; what it has no name for is in a namespace of our own.
    /// It begins with what ecs-logging's specification asks for, and what tells this log from others.
    private static let ecs = AccessLineNames(
        beginning:
            """
            {"ecs.version":"8.11.0","log.level":"info","event.kind":"event","event.dataset":"gatehouse.access","@timestamp":"
            """,
        exchange: [
            (.client, ",\"client.address\":"), (.peer, ",\"source.address\":"), (.site, ",\"gatehouse.site\":"),
            (.user, ",\"user.name\":"), (.method, ",\"http.request.method\":"), (.target, ",\"url.original\":"),
            (.path, ",\"url.path\":"), (.query, ",\"url.query\":"), (.domain, ",\"url.domain\":"),
            (.http_version, ",\"http.version\":"), (.referer, ",\"http.request.referrer\":"),
            (.user_agent, ",\"user_agent.original\":"), (.status, ",\"http.response.status_code\":"),
            (.grpc_status, ",\"gatehouse.grpc_status\":"), (.bytes_in, ",\"http.request.body.bytes\":"),
            (.bytes_out, ",\"http.response.body.bytes\":"), (.ns, ",\"event.duration\":"),
            (.request_id, ",\"http.request.id\":"), (.trace_id, ",\"trace.id\":"), (.span_id, ",\"span.id\":"),
            (.route, ",\"gatehouse.route\":"), (.upstream, ",\"gatehouse.upstream\":"),
            (.attempts, ",\"gatehouse.attempts\":"), (.not_retried, ",\"gatehouse.not_retried\":"),
            (.wait_ms, ",\"gatehouse.wait_ms\":"), (.connect_ms, ",\"gatehouse.connect_ms\":"),
            (.upstream_ms, ",\"gatehouse.upstream_ms\":"),
        ],
        connection: [
            (.tls_version, ",\"tls.version\":"), (.cipher, ",\"tls.cipher\":"), (.server_name, ",\"tls.client.server_name\":"),
            (.alpn, ",\"tls.next_protocol\":"), (.resumed, ",\"tls.resumed\":"), (.client_cert, ",\"tls.client.subject\":"),
        ],
        failure: [
            (.reason, ",\"gatehouse.reason\":"), (.blame, ",\"gatehouse.blame\":"), (.detail, ",\"error.message\":"),
            (.key, ",\"gatehouse.key\":"),
        ],
        configuration: ",\"gatehouse.configuration\":")

    /// OpenTelemetry's semantic conventions 1.27 for HTTP; what they have no name for is in a namespace of our own.
    private static let otel = AccessLineNames(
        beginning: "{\"timestamp\":\"",
        exchange: [
            (.client, ",\"client.address\":"), (.peer, ",\"network.peer.address\":"), (.site, ",\"gatehouse.site\":"),
            (.user, ",\"user.name\":"), (.method, ",\"http.request.method\":"), (.path, ",\"url.path\":"),
            (.query, ",\"url.query\":"), (.domain, ",\"server.address\":"), (.http_version, ",\"network.protocol.version\":"),
            (.referer, ",\"http.request.header.referer\":"), (.user_agent, ",\"user_agent.original\":"),
            (.status, ",\"http.response.status_code\":"), (.grpc_status, ",\"rpc.grpc.status_code\":"),
            (.bytes_in, ",\"http.request.body.size\":"), (.bytes_out, ",\"http.response.body.size\":"),
            (.ms, ",\"gatehouse.duration_ms\":"), (.request_id, ",\"gatehouse.request_id\":"), (.trace_id, ",\"trace_id\":"),
            (.span_id, ",\"span_id\":"), (.route, ",\"http.route\":"), (.upstream, ",\"gatehouse.upstream\":"),
            (.attempts, ",\"gatehouse.attempts\":"), (.not_retried, ",\"gatehouse.not_retried\":"),
            (.wait_ms, ",\"gatehouse.wait_ms\":"), (.connect_ms, ",\"gatehouse.connect_ms\":"),
            (.upstream_ms, ",\"gatehouse.upstream_ms\":"),
        ],
        connection: [
            (.tls_version, ",\"tls.protocol.version\":"), (.cipher, ",\"tls.cipher\":"),
            (.server_name, ",\"tls.client.server_name\":"), (.alpn, ",\"tls.next_protocol\":"),
            (.resumed, ",\"tls.resumed\":"), (.client_cert, ",\"tls.client.subject\":"),
        ],
        failure: [
            (.reason, ",\"error.type\":"), (.blame, ",\"gatehouse.blame\":"), (.detail, ",\"exception.message\":"),
            (.key, ",\"gatehouse.key\":"),
        ],
        configuration: ",\"gatehouse.configuration\":")
}
