import Synchronization

/// Why there is no content.
struct ContentFault: Error {
    let reason: String
}

/// What was last read of something outside, such as a file, for all workers: each looks at a number, and takes the lock only when
/// that has changed.
final class VersionedContent<Content: Sendable>: Sendable {
    /// The content, or why there is none.
    typealias Value = Result<Content, ContentFault>

    private let state: Mutex<(value: Value, version: Int)>
    private let version = Atomic<Int>(1)

    init(_ value: Value) { state = Mutex((value, 1)) }

    var value: Value { state.withLock { $0.value } }

    func replace(with value: Value) {
        state.withLock { state in
            state = (value, state.version + 1)
            version.store(state.version, ordering: .releasing)
        }
    }

    /// What one worker knows of it.
    fileprivate struct View {
        var value: Value
        var version: Int
    }

    fileprivate func refresh(_ view: inout View?) {
        guard view?.version != version.load(ordering: .acquiring) else { return }
        view = state.withLock { View(value: $0.value, version: $0.version) }
    }
}

/// One worker's views of what is shared.
final class VersionedContentCache<Content: Sendable> {
    private var views: [ObjectIdentifier: (shared: VersionedContent<Content>, view: VersionedContent<Content>.View?)] = [:]

    func value(of shared: VersionedContent<Content>) -> VersionedContent<Content>.Value {
        var view = views[ObjectIdentifier(shared)]?.view
        shared.refresh(&view)
        views[ObjectIdentifier(shared)] = (shared, view)
        return view?.value ?? .failure(ContentFault(reason: "not read"))
    }

    /// What plans had that are gone is forgotten.
    func forget() { views = [:] }
}
