import HTTP

/// Reads field sections, RFC 7541, and keeps the table that they share.
///
/// With a name comes its index in the static table, since what is known there needs no look at its letters.
package final class FieldDecoder {
    /// Gets a field; its bytes are gone when it returns.
    /// - Parameter index: of the name in the static table (RFC 7541, Appendix A); 0 if it was not said by one.
    package typealias Take = (_ name: Span<UInt8>, _ value: Span<UInt8>, _ index: Int) -> Void

    private var table = DynamicTable()
    /// What has come of a section whose last piece is still awaited.
    private var pieces: [UInt8] = []
    /// Room for what is coded.
    private var spareRoom: [UInt8] = []

    package init() {}

    /// Decodes a field section, when its last piece has come.
    /// - Parameters:
    ///   - piece: the next of it. How long all pieces may be together is the caller's affair.
    ///   - isLast: no other piece follows.
    /// - Throws: COMPRESSION_ERROR, after which the connection cannot go on (RFC 9113 §4.3).
    package func decode(_ piece: Span<UInt8>, isLast: Bool, _ take: Take) throws(ConnectionError) {
        if isLast, pieces.isEmpty { return try decode(piece, take) }
        var section = exchange(&pieces, with: [])
        section.append(piece)
        guard isLast else { return pieces = section }
        try decode(section.span, take)
    }

    /// The connection will be silent for a while.
    package func releaseMemory() {
        spareRoom = []
        var table = exchange(&self.table, with: DynamicTable())
        table.releaseMemory()
        self.table = table
    }

    // MARK: Sections that come again

    /// Which fields the table holds.
    var tableVersion: UInt64 { table.version }

    /// The last fields that the table was given; nil if it does not hold so many.
    func newestFields(_ count: Int) -> DynamicTable.Run? { table.newest(count) }

    /// The table's part of `repeats`.
    func repeatsInTable(_ earlier: DecodedSection) -> Bool {
        if let version = earlier.version, version != table.version { return false }
        guard let added = earlier.added else { return true }
        var table = exchange(&self.table, with: DynamicTable())
        let isAdded = table.add(added)
        self.table = table
        return isAdded
    }

    // MARK: Sections

    private func decode(_ section: Span<UInt8>, _ take: Take) throws(ConnectionError) {
        // Taken out and put back: price 1. A decoder that has thrown is of no use any more.
        var room = exchange(&spareRoom, with: [])
        var table = exchange(&self.table, with: DynamicTable())
        let text = StaticTable.shared.bytes
        let known = text.span
        var position = 0
        // RFC 7541 §4.2: changes of the table's size come before all fields.
        while position < section.count, section[position] & 0xE0 == 0x20 {
            let limit = try Self.number(section, at: &position, prefix: 5)
            guard limit <= DynamicTable.maxSize else { throw Self.malformed }
            table.resize(to: limit)
        }
        while position < section.count {
            let first = section[position]
            if first & 0x80 != 0 {
                try Self.takeIndexed(try Self.number(section, at: &position, prefix: 7), of: known, table, take)
            } else if first & 0x40 != 0 {
                try Self.takeLiteral(section, at: &position, prefix: 6, isKept: true, known, &table, &room, take)
            } else if first & 0x20 != 0 {
                throw Self.malformed
            } else {
                // Whether it must never be indexed is the next hop's affair, which has no table.
                try Self.takeLiteral(section, at: &position, prefix: 4, isKept: false, known, &table, &room, take)
            }
        }
        self.table = table
        guard room.capacity <= Self.maxSpareRoom else { return }
        if !room.isEmpty { room.removeAll(keepingCapacity: true) }
        spareRoom = room
    }

    /// Bytes of room that are kept while the connection is busy.
    private static let maxSpareRoom = 4_096

    // MARK: Fields

    /// RFC 7541 §6.1.
    /// - Parameter known: the static table's bytes.
    private static func takeIndexed(
        _ index: Int, of known: Span<UInt8>, _ table: borrowing DynamicTable, _ take: Take
    ) throws(ConnectionError) {
        guard index > 0 else { throw malformed }
        if index <= StaticTable.count {
            let ranges = StaticTable.shared
            take(known.extracting(ranges.name(at: index)), known.extracting(ranges.value(at: index)), index)
        } else {
            guard table.lend(at: index - StaticTable.count - 1, take) else { throw malformed }
        }
    }

    /// RFC 7541 §6.2.
    /// - Parameter known: the static table's bytes.
    private static func takeLiteral(
        _ section: Span<UInt8>, at position: inout Int, prefix: Int, isKept: Bool, _ known: Span<UInt8>,
        _ table: inout DynamicTable, _ room: inout [UInt8], _ take: Take
    ) throws(ConnectionError) {
        // What other fields have left there is in nobody's way before it is much: emptying has a price of its own.
        if room.count > maxSpareRoom / 2 { room.removeAll(keepingCapacity: true) }
        let index = try number(section, at: &position, prefix: prefix)
        if index == 0 {
            let name = try string(section, at: &position, &room)
            let value = try string(section, at: &position, &room)
            switch (name, value) {
            case (.plain(let name), .plain(let value)):
                finish(section.extracting(name), section.extracting(value), 0, isKept, &table, take)
            case (.plain(let name), .decoded(let value)):
                finish(section.extracting(name), room.span.extracting(value), 0, isKept, &table, take)
            case (.decoded(let name), .plain(let value)):
                finish(room.span.extracting(name), section.extracting(value), 0, isKept, &table, take)
            case (.decoded(let name), .decoded(let value)):
                finish(room.span.extracting(name), room.span.extracting(value), 0, isKept, &table, take)
            }
        } else if index <= StaticTable.count {
            let name = known.extracting(StaticTable.shared.name(at: index))
            switch try string(section, at: &position, &room) {
            case .plain(let value): finish(name, section.extracting(value), index, isKept, &table, take)
            case .decoded(let value): finish(name, room.span.extracting(value), index, isKept, &table, take)
            }
        } else {
            // Copied, since its entry may be dropped for this one.
            let start = room.count
            guard let nameAt = table.appendName(at: index - StaticTable.count - 1, to: &room) else { throw malformed }
            let name = start..<room.count
            switch try string(section, at: &position, &room) {
            case .plain(let value):
                finish(room.span.extracting(name), section.extracting(value), nameAt, isKept, &table, take)
            case .decoded(let value):
                finish(room.span.extracting(name), room.span.extracting(value), nameAt, isKept, &table, take)
            }
        }
    }

    @inline(__always)
    private static func finish(
        _ name: Span<UInt8>, _ value: Span<UInt8>, _ index: Int, _ isKept: Bool, _ table: inout DynamicTable, _ take: Take
    ) {
        take(name, value, index)
        if isKept { table.add(name, value, index: index) }
    }

    // MARK: Numbers and strings

    private enum Text {
        /// Offsets in the section, where it stands as it is.
        case plain(Range<Int>)
        /// Offsets in the room that it was decoded to.
        case decoded(Range<Int>)
    }

    /// Reads a string literal (RFC 7541 §5.2).
    /// - Parameter room: where a coded one is decoded to.
    private static func string(
        _ section: Span<UInt8>, at position: inout Int, _ room: inout [UInt8]
    ) throws(ConnectionError) -> Text {
        guard position < section.count else { throw malformed }
        let isCoded = section[position] & 0x80 != 0
        let count = try number(section, at: &position, prefix: 7)
        guard count <= section.count - position else { throw malformed }
        let range = position..<position + count
        position = range.upperBound
        guard isCoded else { return .plain(range) }
        let start = room.count
        guard HuffmanCode.shared.decode(section.extracting(range), to: &room) else { throw malformed }
        return .decoded(start..<room.count)
    }

    /// RFC 7541 §5.1.
    /// - Parameter position: of its first byte, which is there; moves behind its last.
    @inline(__always)
    static func number(_ section: Span<UInt8>, at position: inout Int, prefix: Int) throws(ConnectionError) -> Int {
        let most = 1 &<< prefix &- 1
        let first = Int(section[position]) & most
        position += 1
        return first < most ? first : try largeNumber(section, at: &position, first)
    }

    /// A number of more than four bytes behind its first is larger than anything that we take, or longer than it need be.
    @inline(never)
    private static func largeNumber(_ section: Span<UInt8>, at position: inout Int, _ first: Int) throws(ConnectionError) -> Int {
        var value = first
        for shift in stride(from: 0, through: 21, by: 7) {
            guard position < section.count else { throw malformed }
            let byte = section[position]
            position += 1
            value += Int(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
        }
        throw malformed
    }

    private static var malformed: ConnectionError {
        ConnectionError(.compressionError, "a field section cannot be decoded")
    }
}
