import HTTP

/// Fields that a peer may name again by a number, RFC 7541 §2.3.2: the newest is the first.
struct DynamicTable: ~Copyable {
    /// Bytes as RFC 7541 §4.1 counts them that a peer may use unless it is told otherwise, which we never do.
    static let maxSize = 4_096
    /// What each field counts besides its name and its value.
    private static let overhead = 32

    struct Entry {
        var start: UInt32
        let nameCount: UInt16
        let valueCount: UInt16
        /// The index of its name in the static table; 0 if that has no such name.
        let staticIndex: UInt8

        var size: Int { Int(nameCount) + Int(valueCount) + overhead }
        /// The offsets of the name in the table's bytes.
        var name: Range<Int> { Int(start)..<Int(start) + Int(nameCount) }
        /// The offsets of the value in the table's bytes.
        var value: Range<Int> { name.upperBound..<name.upperBound + Int(valueCount) }

        func moved(by distance: UInt32) -> Entry {
            Entry(start: start + distance, nameCount: nameCount, valueCount: valueCount, staticIndex: staticIndex)
        }
    }

    /// The entries' names and values, the oldest first, behind what was dropped.
    private var bytes: [UInt8] = []
    /// The oldest first, behind those that were dropped.
    private var entries: [Entry] = []
    private var droppedCount = 0
    /// The size of all entries, as RFC 7541 §4.1 counts it.
    private var size = 0
    private var limit = maxSize
    /// Another number after each change: as long as it is the same, so is what every index means.
    private(set) var version: UInt64 = 0

    /// Fields that were added one behind the other.
    final class Run {
        fileprivate let bytes: [UInt8]
        /// They start where they do in `bytes`.
        fileprivate let entries: [Entry]
        /// The size of all entries, as RFC 7541 §4.1 counts it.
        fileprivate let size: Int

        fileprivate init(_ entries: [Entry], _ bytes: [UInt8]) {
            self.bytes = bytes
            self.entries = entries
            size = entries.reduce(0) { $0 + $1.size }
        }
    }

    /// The fields that were added last.
    /// - Parameter count: at least 1.
    /// - Returns: nil if the table does not hold so many.
    func newest(_ count: Int) -> Run? {
        guard count <= entries.count - droppedCount else { return nil }
        var taken = Array(entries.suffix(count))
        let start = taken[0].start
        for index in taken.indices { taken[index].start -= start }
        return Run(taken, Array(bytes[Int(start)...]))
    }

    /// Adds them again.
    /// - Returns: false if the table does not hold so much, and is as it was.
    mutating func add(_ run: Run) -> Bool {
        guard run.size <= limit else { return false }
        drop(for: run.size)
        tidy()
        let start = UInt32(bytes.count)
        let added = run.bytes
        bytes.append(added.span)
        entries.append(addingCapacity: run.entries.count) { out in
            for entry in run.entries { out.append(entry.moved(by: start)) }
        }
        size += run.size
        version &+= 1
        return true
    }

    private func entry(at index: Int) -> Entry? {
        index < entries.count - droppedCount ? entries[entries.count - 1 - index] : nil
    }

    /// Lends a field.
    /// - Parameter index: 0 is the newest.
    /// - Returns: false if there is none.
    func lend(at index: Int, _ take: FieldDecoder.Take) -> Bool {
        guard let entry = entry(at: index) else { return false }
        let bytes = bytes.span
        take(bytes.extracting(entry.name), bytes.extracting(entry.value), Int(entry.staticIndex))
        return true
    }

    /// Copies a field's name.
    /// - Parameter index: from 0, the newest field's.
    /// - Returns: its index in the static table, 0 if that has not got it; nil if there is no such field.
    func appendName(at index: Int, to out: inout [UInt8]) -> Int? {
        guard let entry = entry(at: index) else { return nil }
        out.append(bytes.span.extracting(entry.name))
        return Int(entry.staticIndex)
    }

    /// RFC 7541 §4.3: drops what does not fit any more.
    mutating func resize(to limit: Int) {
        self.limit = limit
        version &+= 1
        drop(for: 0)
    }

    /// Adds a field; one larger than the table empties it (RFC 7541 §4.4).
    /// - Parameters:
    ///   - name: not of the table's own bytes.
    ///   - staticIndex: of the name in the static table; 0 if it is not there.
    mutating func add(_ name: Span<UInt8>, _ value: Span<UInt8>, index staticIndex: Int) {
        let added = name.count + value.count + Self.overhead
        version &+= 1
        drop(for: added)
        guard added <= limit else { return }
        tidy()
        let entry = Entry(
            start: UInt32(bytes.count), nameCount: UInt16(name.count), valueCount: UInt16(value.count),
            staticIndex: UInt8(staticIndex))
        if added > Self.overhead {
            bytes.append(addingCapacity: name.count + value.count) { out in
                out.write(name)
                out.write(value)
            }
        }
        entries.append(entry)
        size += added
    }

    private mutating func drop(for added: Int) {
        while size + added > limit, droppedCount < entries.count {
            size -= entries[droppedCount].size
            droppedCount += 1
        }
        if droppedCount == entries.count, droppedCount > 0 { removeDropped() }
    }

    /// What was dropped is removed when it is as much as may be there, so that no entry is moved often.
    private mutating func tidy() {
        guard droppedCount > 0 else { return }
        if droppedCount >= Self.maxSize / Self.overhead || entries[droppedCount].start >= Self.maxSize { removeDropped() }
    }

    private mutating func removeDropped() {
        let start = droppedCount < entries.count ? Int(entries[droppedCount].start) : bytes.count
        bytes.removeSubrange(..<start)
        entries.removeSubrange(..<droppedCount)
        droppedCount = 0
        for index in entries.indices { entries[index].start -= UInt32(start) }
    }

    /// Gives back what is not needed to keep the entries.
    mutating func releaseMemory() {
        if droppedCount > 0 { removeDropped() }
        if bytes.capacity > bytes.count { bytes = Array(bytes[...]) }
        if entries.capacity > entries.count { entries = Array(entries[...]) }
    }
}
