import HTTP
import WebSocket

/// What the chat tells its members: one JSON object in one text message.
enum ChatEvent {
    case joined(ChatMember)
    case left(ChatMember)
    /// The text is valid UTF-8.
    case said([UInt8], by: ChatMember)

    /// The message's frame, as a server sends it.
    var frame: [UInt8] {
        var json: [UInt8] = []
        switch self {
        case .joined(let member): Self.begin("joined", member, to: &json)
        case .left(let member): Self.begin("left", member, to: &json)
        case .said(let text, let member):
            Self.begin("said", member, to: &json)
            json.append(",\"text\":")
            JSONText.append(utf8: text.span, to: &json)
        }
        json.append("}")
        return Self.frame(json)
    }

    /// To who has just come in: what they are called, and who is there.
    static func welcome(_ member: ChatMember, in room: String, among names: [String]) -> [UInt8] {
        var json: [UInt8] = []
        begin("welcome", member, to: &json)
        json.append(",\"room\":")
        JSONText.append(room, to: &json)
        json.append(",\"people\":[")
        for (index, name) in names.enumerated() {
            if index > 0 { json.append(",") }
            JSONText.append(name, to: &json)
        }
        json.append("]}")
        return frame(json)
    }

    private static func begin(_ kind: StaticString, _ member: ChatMember, to json: inout [UInt8]) {
        json.append("{\"kind\":\"")
        json.append(kind)
        json.append("\",\"name\":")
        JSONText.append(member.name, to: &json)
        json.append(",\"server\":")
        JSONText.append(member.server, to: &json)
    }

    private static func frame(_ json: [UInt8]) -> [UInt8] {
        var frame: [UInt8] = []
        frame.reserveCapacity(json.count + FrameHeader.maxSize)
        FrameEncoder.frame(.text, payload: json.span, to: &frame)
        return frame
    }
}
