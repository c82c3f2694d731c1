import Configuration
import HTTP
import WebSocket

/// How a tunnel ended and what passed through it, for the log.
struct TunnelEnding {
    enum Reason: String, CaseIterable {
        case clientClosed = "client_closed"
        case upstreamClosed = "upstream_closed"
        case clientBroke = "client_broke"
        case upstreamBroke = "upstream_broke"
        case idle = "tunnel_idle"
        case lifetime = "tunnel_lifetime"
        case silent = "ping_unanswered"
        case stalled = "slow_consumer"
        case tooBig = "message_too_big"
        case violation = "websocket_violation"
        case routeGone = "route_gone"
        case byOperator = "closed_by_operator"
        case drained = "drained"
        case cut = "drain_timeout"

        /// Is it an end without Close frames that both peers could see?
        var isAbnormal: Bool {
            switch self {
            case .clientBroke, .upstreamBroke, .cut, .violation: true
            default: false
            }
        }

        /// Who ended it.
        var closedBy: String {
            switch self {
            case .clientClosed, .clientBroke: "client"
            case .upstreamClosed, .upstreamBroke: "upstream"
            default: "gateway"
            }
        }
    }

    /// What one direction carried.
    struct Counts {
        /// Bytes as they came from the peer, frame headers included.
        var bytes: UInt64
        var frames: Int
        var messages: Int
        var violations: Int
    }

    var reason: Reason
    /// Did a peer see no orderly end? Then the client's connection is cut, so that it cannot take what it has for all.
    var isAbnormal: Bool
    /// The first Close frame's code; 1005 if it held none, 1006 if there was none (RFC 6455 §7.1.5).
    var closeCode: CloseCode
    /// The configuration key of the limit that ended it.
    var key: String?
    /// What came from the client.
    var up: Counts
    /// What came from the upstream.
    var down: Counts

    /// Its part of an access-log line: `,"name":value` each, or ` name=value`. Behind names of others' ours have a namespace.
    func append(_ format: Logging.Format, to out: inout [UInt8]) {
        let beginning: StaticString =
            switch format {
            case .json: ",\""
            case .ecs, .otel: ",\"gatehouse."
            case .combined, .compact, .text: " "
            }
        let isJSON = format.isJSON
        func number(_ name: StaticString, _ value: Int) {
            out.append(beginning)
            out.append(name)
            out.append(isJSON ? "\":" : "=")
            out.append(decimal: UInt64(max(0, value)))
        }
        func word(_ name: StaticString, _ value: String) {
            out.append(beginning)
            out.append(name)
            out.append(isJSON ? "\":\"" : "=")
            out.append(contentsOf: value.utf8)
            if isJSON { out.append("\"") }
        }
        number("frames_in", up.frames)
        number("frames_out", down.frames)
        number("messages_in", up.messages)
        number("messages_out", down.messages)
        if violations > 0 { number("violations", violations) }
        word("closed_by", reason.closedBy)
        number("close_code", Int(closeCode.rawValue))
        word("reason", reason.rawValue)
        if let key { word("key", key) }
    }

    private var violations: Int { up.violations + down.violations }

    /// A single value in a text with fields.
    func append(_ placeholder: AccessLine.Placeholder?, to out: inout [UInt8]) {
        switch placeholder {
        case .framesIn: out.append(decimal: UInt64(up.frames))
        case .framesOut: out.append(decimal: UInt64(down.frames))
        case .messagesIn: out.append(decimal: UInt64(up.messages))
        case .messagesOut: out.append(decimal: UInt64(down.messages))
        case .violations: out.append(decimal: UInt64(violations))
        case .closedBy: out.append(contentsOf: reason.closedBy.utf8)
        case .closeCode: out.append(decimal: UInt64(closeCode.rawValue))
        case .reason: out.append(contentsOf: reason.rawValue.utf8)
        case .key: out.append(contentsOf: (key ?? "-").utf8)
        default: break
        }
    }
}
