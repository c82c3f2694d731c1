/// A value in memory of its own, which one owner holds: to take it out of an object and put it back moves a pointer, however
/// large the value is (price 1).
///
/// `@safe`: nobody else has the pointer. What it points to is initialised by `init` and lives until `deinit`.
@safe struct UniqueBox<Value: ~Copyable>: ~Copyable {
    /// Nil: there is nothing in it.
    private let pointer: UnsafeMutablePointer<Value>?

    init(_ value: consuming Value) {
        unsafe pointer = .allocate(capacity: 1)
        unsafe pointer?.initialize(to: value)
    }

    /// Takes the place of one that is lent out. Whoever looks into it stops the process.
    init() { unsafe pointer = nil }

    deinit {
        guard let pointer = unsafe pointer else { return }
        unsafe pointer.deinitialize(count: 1)
        unsafe pointer.deallocate()
    }

    var value: Value {
        @inline(__always) unsafeAddress { unsafe UnsafePointer(full) }
        @inline(__always) unsafeMutableAddress { unsafe full }
    }

    private var full: UnsafeMutablePointer<Value> {
        guard let pointer = unsafe pointer else { preconditionFailure("what is lent out is not looked at meanwhile") }
        return unsafe pointer
    }
}
