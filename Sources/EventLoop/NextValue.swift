/// A value that comes again and again, for tasks that wait for the next one. It is its owner's, an actor on an event loop, as are
/// the tasks.
package final class NextValue<Value: Sendable> {
    private var waiting: [CheckedContinuation<Value?, Never>] = []
    /// The waiting tasks that are still to be given the present value.
    private var due: ArraySlice<CheckedContinuation<Value?, Never>> = []
    private var isOver = false

    package init() {}

    /// Waits for a value.
    /// - Parameter present: what there is already; nil: the task is to wait.
    /// - Returns: nil once there will be no more.
    package nonisolated(nonsending) func wait(unless present: () -> Value?) async -> Value? {
        await withCheckedContinuation { continuation in
            // Looked at here, and not before: a task with a preferred executor goes through the loop's queue in between, and who
            // missed the end there would wait for ever.
            if isOver {
                continuation.resume(returning: nil)
            } else if let value = present() {
                continuation.resume(returning: value)
            } else {
                waiting.append(continuation)
            }
        }
    }

    /// Gives a value to those who wait now: to some of them, and to others with the next call, so that it need not be all of
    /// them at once. Whoever waits again in between waits for the next value.
    /// - Parameter count: to so many at most, above 0.
    /// - Returns: is it to be given to others still, by another call with the same value?
    package func give(_ value: Value, toAtMost count: Int) -> Bool {
        if due.isEmpty { due = exchange(&waiting, with: [])[...] }
        let first = due.prefix(count)
        due = due.dropFirst(count)
        for continuation in first { continuation.resume(returning: value) }
        return !due.isEmpty
    }

    /// There will be no more: nobody waits from now on.
    package func end() {
        isOver = true
        for continuation in exchange(&due, with: []) + exchange(&waiting, with: []) { continuation.resume(returning: nil) }
    }
}
