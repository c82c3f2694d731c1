package import Dispatch

/// What was looked for again and again has not come.
package struct NeverSeen: Error, CustomStringConvertible {
    package let description: String
}

/// Looks until something holds that nothing announces.
///
/// Between two looks there is a moment for the others: a test that asks without a pause takes the processor from those that it
/// asks, and from the tests beside it.
/// - Parameters:
///   - what: for the message, if it never holds.
///   - seconds: how long it is looked for at most.
package func eventually(
    _ what: String, within seconds: Int = 2 * Place.patience, _ holds: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while try await !holds() {
        guard ContinuousClock.now < deadline else { throw NeverSeen(description: "\(what): not within \(seconds) seconds") }
        await nextLook(after: .milliseconds(20))
    }
}

/// Nobody announces it: who waits for it has to look again.
package func nextLook(after pause: DispatchTimeInterval) async {
    await withCheckedContinuation { continuation in
        DispatchQueue.global().asyncAfter(deadline: .now() + pause) { continuation.resume() }
    }
}
