import Synchronization

/// Stands for an object in what outlives it. Never given twice, so that none is taken for one that is gone.
struct UniqueNumber: Hashable {
    let value: UInt64
    private static let given = Atomic<UInt64>(0)

    static func next() -> UniqueNumber { UniqueNumber(value: given.wrappingAdd(1, ordering: .relaxed).newValue) }
}
