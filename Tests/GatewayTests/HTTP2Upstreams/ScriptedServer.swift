import TestSupport

/// A connection of an upstream in HTTP/2, whose frames a test makes by hand.
final class ScriptedConnection: Sendable {
    /// A frame that came, as far as a test asks for it.
    struct Received {
        let type: UInt8
        let flags: UInt8
        let stream: UInt32
        let payload: [UInt8]

        /// "RST_STREAM 1 CANCEL", "GOAWAY PROTOCOL_ERROR", "HEADERS 1"; others by their number.
        var words: String {
            func code(at place: Int) -> String {
                let number = payload[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
                return number < Self.codes.count ? Self.codes[number] : "\(number)"
            }
            switch type {
            case 0: return "DATA \(stream)"
            case 1: return "HEADERS \(stream)"
            case 3: return "RST_STREAM \(stream) \(code(at: 0))"
            case 7: return "GOAWAY \(code(at: 4))"
            case 6: return "PING"
            default: return "\(type) \(stream)"
            }
        }

        /// Literals are written as they are.
        func contains(_ text: String) -> Bool { String(decoding: payload, as: UTF8.self).contains(text) }

        private static let codes = [
            "NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",
            "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM",
        ]
    }

    /// What a client of HTTP/2 would not have sent.
    struct NoPreface: Error {}

    let wire: Wire

    /// Reads the preface.
    init(_ wire: Wire) throws {
        self.wire = wire
        guard try wire.read(Frame.preface.count) == Frame.preface else { throw NoPreface() }
    }

    func write(_ frames: [UInt8]...) throws { try wire.write(frames.flatMap { $0 }) }

    /// The next frame.
    func next() throws -> Received {
        let head = try wire.read(9)
        let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
        let stream = head[5...].reduce(0) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        return Received(type: head[3], flags: head[4], stream: stream, payload: try wire.read(length))
    }

    /// The next frame of this kind, which is answered in no way.
    func next(_ type: UInt8) throws -> Received {
        while true {
            let frame = try next()
            if frame.type == type { return frame }
        }
    }

    /// The next request.
    func request() throws -> Received { try next(1) }

    static func ok(_ fields: [(String, String)] = [], _ flags: UInt8 = Frame.endHeaders, stream: UInt32 = 1) -> [UInt8] {
        Frame.headers([(":status", "200")] + fields, flags, stream: stream)
    }
}

extension Sites {
    /// A gateway in HTTP/1.1 before an upstream in HTTP/2.
    static func before(
        _ upstream: Upstream, _ port: FreePort, upstreamKeys: String = "", route: String = "", retries: Int = 0,
        site: String = "",
        ssl: String = "", tables: String = "", top: String = ""
    ) -> String {
        let calm = "[sites.proxy.passive_health]\nmax_fails = 0\nfail_percent = 0\ncircuit_fails = 0\n"
        let keys = upstreamKeys.contains("ping_interval") ? upstreamKeys : "ping_interval = 0\n" + upstreamKeys
        return Sites.proxy(
            port, to: "h2c://127.0.0.1:\(upstream)", upstream: keys, ssl: ssl, site: site,
            route: route,
            proxy: "[sites.proxy.retry]\nretries = \(retries)\n" + calm + tables, top: top)
    }
}
