import Foundation
import Synchronization

/// A value behind a lock.
///
/// The compiler proves its use by `Mutex`; the `NSLock` around it is for ThreadSanitizer, which sees pthread's locks and not the
/// futex of `Mutex`, and would call every use a race.
package final class Guarded<Value: Sendable>: Sendable {
    private let lock = NSLock()
    private let value: Mutex<Value>

    package init(_ value: Value) {
        self.value = Mutex(value)
    }

    package func withLock<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        lock.withLock { value.withLock { value in body(&value) } }
    }
}
