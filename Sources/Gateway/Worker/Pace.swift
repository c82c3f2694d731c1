import EventLoop

/// Lets the clients of a worker have their turns while it does something for each of many things.
struct Pace {
    /// Some ten microseconds' worth.
    static let stepsPerTurn = 32

    private let loop: EventLoop
    private var steps = 0

    /// - Parameter loop: whose turns they are, and on which all this happens.
    init(_ loop: EventLoop) { self.loop = loop }

    /// Comes before each step; now and then it waits for the loop's next turn.
    mutating func step() async {
        steps += 1
        if steps % Self.stepsPerTurn == 0 { await loop.yield() }
    }
}
