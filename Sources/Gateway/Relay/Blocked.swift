/// Where a direction of a relay stands after a step: it waits for something, wants another turn, or has nothing more to do.
struct Blocked: Equatable {
    var onClient = false
    var onUpstream = false
    /// It has moved all it may in a turn.
    var wantsTurn = false
}
