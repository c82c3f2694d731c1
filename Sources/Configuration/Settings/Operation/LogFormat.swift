/// An access line as a text with fields in braces: `{client} "{method} {target}" {status}`.
package struct LogFormat: Sendable, Equatable {
    /// A piece of it.
    package enum Piece: Sendable, Equatable {
        case text(String)
        case field(LogField)
    }

    package let pieces: [Piece]

    /// What is wrong with a text.
    struct Fault: Error {
        let message: String
        var hint: String?
    }

    /// - Parameter text: `{{` and `}}` stand for a brace.
    /// - Throws: what is wrong with it.
    init(_ text: String) throws(Fault) {
        var pieces: [Piece] = []
        var literal = ""
        var rest = Substring(text)
        while let character = rest.first {
            if rest.hasPrefix("{{") || rest.hasPrefix("}}") {
                literal.append(character)
                rest = rest.dropFirst(2)
            } else if character == "{" {
                let field = try Self.takeField(&rest)
                if !literal.isEmpty { pieces.append(.text(literal)) }
                literal = ""
                pieces.append(.field(field))
            } else if character == "}" {
                throw Fault(message: "a brace has no beginning", hint: "}} stands for a brace")
            } else {
                literal.append(character)
                rest = rest.dropFirst()
            }
        }
        if !literal.isEmpty { pieces.append(.text(literal)) }
        self.pieces = pieces
    }

    /// Takes `{NAME}` from the beginning.
    private static func takeField(_ rest: inout Substring) throws(Fault) -> LogField {
        guard let end = rest.firstIndex(of: "}") else {
            throw Fault(message: "a brace has no end", hint: "{{ stands for a brace")
        }
        let name = String(rest[..<end].dropFirst())
        guard let field = LogField(rawValue: name) else {
            throw Fault(
                message: "{\(name)} is no field of an access line",
                hint: DidYouMean.hint(for: name, among: LogField.allCases.map(\.rawValue)))
        }
        rest = rest[rest.index(after: end)...]
        return field
    }
}

/// What an access line can tell, by the names of the JSON format: docs/logging.md says what each means.
package enum LogField: String, Sendable, CaseIterable {
    case time, time_common, client, peer, site, user, method, target, path, query, host, domain, version, http_version
    case stream, connection_requests, referer, user_agent, status, bytes_in, bytes_out, ms, ns, request_id, trace_id, span_id
    case route, upstream, grpc_status, attempts, not_retried, wait_ms, connect_ms, upstream_ms, tls, tls_version, cipher
    case server_name, alpn, resumed
    case client_cert, frames_in, frames_out, messages_in, messages_out, violations, closed_by, close_code, reason, blame
    case detail, key, configuration
}
