import HTTP
import Messages

/// One of the chat's servers, which share their rooms.
final class ChatServer: ServiceHandler {
    private let name: String
    private let rooms: ChatRooms

    init(name: String, rooms: ChatRooms) {
        self.name = name
        self.rooms = rooms
    }

    /// RFC 6455 §4.2: answers the handshake; the chat then has the connection to its end.
    func answer(_ request: ServiceRequest) async throws(ServiceFailure) -> ServiceReply {
        let head = request.head
        if let refusal = ChatHandshake.refusal(of: head, rooms: rooms) {
            try await request.discardBody()
            return .answer(refusal)
        }
        let guest = ChatGuest(query: head.string(head.query))
        return .upgrade(ChatHandshake.acceptance(of: head)) { [name, rooms] streams in
            ChatMember(guest, server: name, rooms: rooms, streams: streams)
        }
    }
}
