import Dispatch

/// What has happened so far, in order: a test awaits the event it needs instead of a time.
package final class Journal<Element: Sendable>: Sendable {
    /// The event did not come: the journal was closed, or a generous time has passed.
    package struct Missing: Error, CustomStringConvertible {
        package let description: String
    }

    private struct State: Sendable {
        var elements: [Element] = []
        var isClosed = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Guarded(State())
    private let name: String

    /// - Parameter name: for the message when something is missing.
    package init(_ name: String) {
        self.name = name
    }

    /// Everything so far.
    package var all: [Element] { state.withLock { $0.elements } }

    package func append(_ element: Element) {
        wake { $0.elements.append(element) }
    }

    /// Nothing more will come: whoever waits in vain need not wait on.
    package func close() {
        wake { $0.isClosed = true }
    }

    /// The first element that `matches`, as soon as it is there.
    package func first(_ what: String = "an event", where matches: @Sendable (Element) -> Bool) async throws -> Element {
        // What has been looked at once is not looked at again: a log has many lines.
        try await wait(for: what) { elements, looked in elements[looked...].first(where: matches) }
    }

    /// The first `count` elements, as soon as they are there.
    /// - Parameter seconds: how long they are waited for at most.
    package func first(_ count: Int, within seconds: Int = Place.patience) async throws -> [Element] {
        try await wait(for: "\(count) of them", within: seconds) { elements, _ in
            elements.count >= count ? Array(elements.prefix(count)) : nil
        }
    }

    /// Returns once something holds of all elements so far, or of what they tell of; each is waited for anew.
    package func until(_ holds: @Sendable ([Element]) throws -> Bool) async throws {
        while true {
            let (isSo, count) = try look { try holds($0) }
            if isSo { return }
            try await wait(for: "\(count + 1) of them") { elements, _ in elements.count > count ? () : nil }
        }
    }

    // MARK: -

    /// - Parameter find: gets all elements, and how many of them it had the last time.
    private func wait<Result: Sendable>(
        for what: String, within seconds: Int = Place.patience, find: @Sendable ([Element], Int) -> Result?
    ) async throws -> Result {
        let deadline = ContinuousClock.now + .seconds(seconds)
        let alarm = DispatchWorkItem { self.wake { _ in } }
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(seconds + 1), execute: alarm)
        defer { alarm.cancel() }
        var looked = 0
        while true {
            let (found, count) = look { find($0, looked) }
            if let found { return found }
            looked = count
            let isOver = state.withLock { $0.isClosed && $0.elements.count == count }
            guard !isOver, ContinuousClock.now < deadline else {
                let last = all.suffix(40).map { "\n    \($0)" }.joined()
                throw Missing(description: "\(name): \(what) did not come; seen so far (\(count)):\(last)")
            }
            await untilChange(from: count, deadline)
        }
    }

    /// Looks at all elements, and holds them no longer than that: whoever appends to what another holds has to copy it.
    /// - Returns: what has been found, and how many they were.
    private func look<Found>(_ find: ([Element]) throws -> Found) rethrows -> (Found, Int) {
        let seen = all
        return (try find(seen), seen.count)
    }

    private func untilChange(from count: Int, _ deadline: ContinuousClock.Instant) async {
        await withCheckedContinuation { continuation in
            let mustWait = state.withLock { state in
                guard state.elements.count == count, !state.isClosed, ContinuousClock.now < deadline else { return false }
                state.waiters.append(continuation)
                return true
            }
            if !mustWait { continuation.resume() }
        }
    }

    private func wake(_ change: (inout State) -> Void) {
        let waiters = state.withLock { state in
            change(&state)
            defer { state.waiters.removeAll() }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}
