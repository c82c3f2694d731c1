import EventLoop

/// A call's bytes, both ways at once, since a server may answer before it has read everything, in one version of HTTP. It never
/// waits.
protocol CallExchange: AnyObject {
    /// Sends and reads what can be without waiting, in bounded steps.
    func move() throws(CallError) -> CallMove
    /// Is the whole request with the kernel, or can nothing more be sent?
    var isSent: Bool { get }
    /// Gives the buffers back.
    func discard()
}

/// What a call can do next.
enum CallMove {
    case answered(Call.Answer)
    /// There is more to do, after others have had a turn.
    case busy
    case blocked(Socket.Interest)
}
