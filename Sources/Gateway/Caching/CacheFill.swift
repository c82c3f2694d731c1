import EventLoop
import HTTP

/// The answer to a first request, for which others of the same worker wait that ask for the same.
final class CacheFill {
    enum State {
        case awaited
        /// It is stored: look again.
        case stored
        /// It is none to be stored: each asks for himself.
        case passed
        /// It has not come: another one asks.
        case failed
    }

    let key: CacheKey
    private(set) var state = State.awaited
    /// Does the client of the first request take less of the answer than comes?
    var isHeldUp = false
    private var waiters: [Waiter] = []

    init(_ key: CacheKey) { self.key = key }

    func join(_ waiter: Waiter) { waiters.append(waiter) }

    func leave(_ waiter: Waiter) { waiters.removeAll { $0 === waiter } }

    func end(_ state: State) {
        self.state = state
        for waiter in waiters { waiter.wake(.ready) }
        waiters = []
    }
}
