import WebSocket

/// All rooms of the chat. Both chat servers use the same ones, so that what is said on one is heard on the other.
final class ChatRooms {
    /// Rooms at once; who would open one more is refused.
    static let maxRooms = 100

    private var rooms: [String: ChatRoom] = [:]
    private(set) var isClosed = false

    /// Is there room for somebody who wants in there?
    func hasPlace(in name: String) -> Bool {
        guard !isClosed else { return false }
        guard let room = rooms[name] else { return rooms.count < Self.maxRooms }
        return room.count < ChatRoom.maxMembers
    }

    func room(named name: String) -> ChatRoom {
        if let room = rooms[name] { return room }
        let room = ChatRoom(name: name) { [weak self] in self?.rooms[name] = nil }
        rooms[name] = room
        return room
    }

    /// Ends every chat: the service goes away.
    func close() {
        isClosed = true
        for room in rooms.values { room.close() }
    }
}

/// One room: who is in it, and what they hear.
final class ChatRoom {
    /// Each costs a queue, and each message is sent to each.
    static let maxMembers = 200

    let name: String
    private var members: [ChatMember] = []
    private let whenEmpty: () -> Void

    init(name: String, whenEmpty: @escaping () -> Void) {
        self.name = name
        self.whenEmpty = whenEmpty
    }

    var count: Int { members.count }

    /// Lets a member in, under a name that nobody else has.
    /// - Returns: the name.
    func join(_ member: ChatMember) -> String {
        let taken = Set(members.map(\.name))
        var name = member.name
        var number = 2
        while taken.contains(name) {
            name = "\(member.name)-\(number)"
            number += 1
        }
        members.append(member)
        return name
    }

    func greet(_ member: ChatMember) {
        member.hear(ChatEvent.welcome(member, in: self.name, among: members.map(\.name)))
        tell(.joined(member), but: member)
    }

    func leave(_ member: ChatMember) {
        guard let index = members.firstIndex(where: { $0 === member }) else { return }
        members.remove(at: index)
        if members.isEmpty { return whenEmpty() }
        tell(.left(member))
    }

    /// - Parameter text: valid UTF-8.
    func say(_ text: [UInt8], by member: ChatMember) {
        tell(.said(text, by: member))
    }

    func close() {
        for member in members { member.close(.goingAway, reason: "the chat is closing") }
    }

    /// One frame for all: its bytes are shared, not copied. Whoever is too slow for it leaves, which changes `members` meanwhile.
    private func tell(_ event: ChatEvent, but silent: ChatMember? = nil) {
        let frame = event.frame
        let listeners = members
        for member in listeners where member !== silent { member.hear(frame) }
    }
}
