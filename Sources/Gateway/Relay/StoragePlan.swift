import Synchronization

/// Where bodies of requests are stored, and how much of them.
final class StoragePlan: Sendable {
    /// Bytes of one body that are kept in memory; what is longer goes to disk.
    let memory: Int
    /// Bytes that all bodies together may have on disk.
    let disk: Int
    let directory: String
    let used: StoredBytes

    init(memory: Int, disk: Int, directory: String, used: StoredBytes) {
        self.memory = memory
        self.disk = disk
        self.directory = directory
        self.used = used
    }
}

/// How many bytes of stored requests are on disk, over all workers.
final class StoredBytes: Sendable {
    private let count = Atomic<Int>(0)

    /// - Returns: is there room for so many more?
    func claim(_ bytes: Int, atMost most: Int) -> Bool {
        let (_, now) = count.add(bytes, ordering: .relaxed)
        if now <= most { return true }
        release(bytes)
        return false
    }

    func release(_ bytes: Int) { count.subtract(bytes, ordering: .relaxed) }
}
