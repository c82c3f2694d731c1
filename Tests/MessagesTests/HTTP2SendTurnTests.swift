import HTTP2
import Testing

@testable import Messages

@Suite("Whose turn it is to send on an HTTP/2 connection")
struct HTTP2SendTurnTests {
    private static func turn(_ urgency: Int, _ isIncremental: Bool, position: UInt64, stream: UInt32) -> HTTP2SendTurn {
        var priority = Priority()
        priority.urgency = urgency
        priority.isIncremental = isIncremental
        return HTTP2SendTurn(priority: priority, position: position, identifier: stream)
    }

    @Test("urgent ones come first, then what is of no use in part by its number, then the others in turn")
    func order() {
        let turns = [
            Self.turn(1, true, position: 9, stream: 9), Self.turn(3, false, position: 8, stream: 5),
            Self.turn(3, false, position: 1, stream: 7), Self.turn(3, true, position: 2, stream: 11),
            Self.turn(3, true, position: 4, stream: 1), Self.turn(4, false, position: 0, stream: 3),
        ]
        for (first, turn) in turns.enumerated() {
            for (second, other) in turns.enumerated() {
                let comes = turn.comes(before: other)
                #expect(comes == (first < second), "\(first), \(second)")
            }
        }
    }
}
