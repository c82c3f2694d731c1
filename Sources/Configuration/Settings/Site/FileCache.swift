/// `[file_cache]`: what each worker remembers of static files.
package struct FileCache: Sendable, Equatable {
    /// Bytes of content in memory, for each worker; 0: nothing is remembered.
    package var size = 16 << 20
    /// Files, for each worker.
    package var entries = 1024
    /// How long a file is not looked at again.
    package var valid = Duration.seconds(1)

    package init() {}
}

extension FileCache {
    init(reading table: TableReader) {
        table.readSize("size", into: &size, in: 0...(1 << 40))
        table.read("entries", into: &entries, in: 1...1_000_000)
        table.readDuration("valid", into: &valid)
        table.finish()
    }
}
