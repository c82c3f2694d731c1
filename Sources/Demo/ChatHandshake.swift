import HTTP
import Messages
import WebSocket

/// The opening handshake of the chat (RFC 6455 §4.2).
enum ChatHandshake {
    static let path = "/chat/ws"

    /// The answer to who may not come in; nil if they may.
    static func refusal(of head: RequestHead, rooms: ChatRooms) -> ServiceAnswer? {
        guard head.string(head.path) == path else {
            return ServiceAnswer(status: 404, "the chat is at \(path)")
        }
        let request = Handshake.Request(
            isGet: head.method == .get, isHTTP11OrLater: head.minorVersion == 1, asksForUpgrade: head.upgrade == .websocket,
            version: value(of: .secWebSocketVersion, head), key: value(of: .secWebSocketKey, head))
        if let refusal = Handshake.refusal(of: request) {
            var fields = FieldSection()
            if refusal.namesVersion {
                fields.append("Sec-WebSocket-Version", "13")
                fields.append("Upgrade", "websocket")
                fields.append("Connection", "Upgrade")
            }
            return ServiceAnswer(status: refusal.status, refusal.reason, fields: fields)
        }
        let guest = ChatGuest(query: head.string(head.query))
        guard rooms.hasPlace(in: guest.room) else {
            var fields = FieldSection()
            fields.append("Retry-After", "5")
            return ServiceAnswer(status: 503, "the chat is full, or closing", fields: fields)
        }
        return nil
    }

    /// The fields of the 101 that lets a request in which nothing is to be refused.
    static func acceptance(of head: RequestHead) -> FieldSection {
        let key = value(of: .secWebSocketKey, head) ?? []
        // Without SHA-1 there is no proof to give, and the client breaks off.
        let accept = Handshake.acceptKey(for: key.span) ?? []
        var fields = FieldSection()
        fields.append("Upgrade", "websocket")
        fields.append("Connection", "Upgrade")
        fields.append("Sec-WebSocket-Accept", String(decoding: accept, as: UTF8.self))
        return fields
    }

    /// The field's lines joined by commas (RFC 9110 §5.3); nil without any.
    private static func value(of field: KnownField, _ head: RequestHead) -> [UInt8]? {
        var value: [UInt8]?
        for line in head.fields.lines where line.known == field {
            value = (value.map { $0 + [0x2C] } ?? []) + head.fields.bytes[line.value]
        }
        return value
    }
}

/// Who wants in, and where: `?name=Ada&room=tea`.
struct ChatGuest {
    private(set) var name = "guest"
    private(set) var room = "lobby"

    /// - Parameter query: with its `?`, or empty.
    init(query: String) {
        for pair in query.dropFirst().split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let value = Self.label(parts[1]) else { continue }
            switch parts[0] {
            case "name": name = value
            case "room": room = value
            default: continue
            }
        }
    }

    /// Scalars of a name or a room.
    private static let maxLength = 32

    /// The text that a query's value stands for (URL Standard, application/x-www-form-urlencoded); nil if nothing is left that
    /// can be shown in a line.
    private static func label(_ value: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(value.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2, let high = ByteClass.hexValue(rest[rest.startIndex]),
                let low = ByteClass.hexValue(rest[rest.startIndex + 1])
            {
                bytes.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        var label = String.UnicodeScalarView()
        label.append(contentsOf: text.unicodeScalars.lazy.filter(isShown).prefix(maxLength))
        let words = String(label).split(separator: " ")
        return words.isEmpty ? nil : words.joined(separator: " ")
    }

    /// Neither a control, nor a line's end, nor what turns the direction of the text around it.
    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: false
        default: true
        }
    }
}
