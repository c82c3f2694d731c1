import CRecords

/// "17 03 03" or "170303" as bytes.
func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = hexadecimal.compactMap(\.hexDigitValue).map(UInt8.init)
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// One direction of a connection in the test's own hands: it makes any record, right or wrong.
/// `@safe`: the suite lives as long as the process, and no pointer leaves.
@safe struct Side {
    private var protection = unsafe gh_protection()
    private let suite: OpaquePointer

    init(secret: [UInt8], suite number: UInt16 = 0x1301) {
        unsafe suite = gh_suite_of(number)!
        unsafe withUnsafeMutableBytes(of: &protection.secret) { unsafe $0.copyBytes(from: secret) }
        precondition(unsafe gh_protection_derive(&protection, suite) == 1)
    }

    var key: [UInt8] { unsafe withUnsafeBytes(of: protection.key) { unsafe Array($0) } }
    var initialVector: [UInt8] { unsafe withUnsafeBytes(of: protection.iv) { unsafe Array($0) } }
    var sequence: UInt64 { unsafe protection.sequence }

    mutating func skip(_ records: UInt64) { unsafe protection.sequence += records }

    /// A record; `type` 0 is none at all, so that the content's last byte is taken for it.
    mutating func seal(_ type: Int, _ content: [UInt8], padding: Int = 0) -> [UInt8] {
        // With padding the record's last byte is a type of 0.
        let inner = padding == 0 ? content : content + [UInt8(type)] + [UInt8](repeating: 0, count: padding - 1)
        var record = [UInt8](repeating: 0, count: inner.count + GH_RECORD_HEADER + 1 + GH_TAG)
        let last = padding == 0 ? UInt8(type) : 0
        precondition(unsafe gh_protection_seal(&protection, suite, last, inner, inner.count, &record) == 1)
        return record
    }

    /// A KeyUpdate, after which the next key is used.
    mutating func keyUpdate(asks: UInt8 = 0) -> [UInt8] {
        let record = seal(GH_HANDSHAKE, [24, 0, 0, 1, asks])
        nextKey()
        return record
    }

    mutating func nextKey() { precondition(unsafe gh_protection_update(&protection, suite) == 1) }

    /// What a record holds, without padding; nil if it is none of this side's.
    mutating func open(_ record: [UInt8]) -> (type: Int, content: [UInt8])? {
        var room = [UInt8](repeating: 0, count: record.count), beyond = room
        let length = record.count - GH_RECORD_HEADER
        guard unsafe gh_protection_open(&protection, suite, record, length, &room, room.count, &beyond) == 1 else { return nil }
        var content = Array(room[..<(length - GH_TAG)])
        while content.last == 0 { content.removeLast() }
        return content.popLast().map { (Int($0), content) }
    }
}

/// A record layer under test, and what it does with bytes.
/// `@safe`: what is made in `init` is freed in `deinit`, and no pointer leaves.
@safe final class Layer {
    /// What has come of bytes that were received.
    struct Outcome: Equatable {
        var data: [UInt8] = []
        var result = GH_MOVED
    }

    private let records: OpaquePointer
    private var waiting: [UInt8] = []

    init(own: [UInt8], peers: [UInt8], suite number: UInt16 = 0x1301, isClient: Bool = false, sent: UInt64 = 0) {
        unsafe records = own.withUnsafeBufferPointer { own in
            unsafe peers.withUnsafeBufferPointer { peers in
                var start = unsafe gh_records_start()
                unsafe start.suite = gh_suite_of(number)
                unsafe start.own_secret = own.baseAddress
                unsafe start.peers_secret = peers.baseAddress
                unsafe start.sent = sent
                unsafe start.is_client = isClient ? 1 : 0
                return unsafe gh_records_new(&start)
            }
        }!
    }

    deinit { unsafe gh_records_free(records) }

    var problem: String? { unsafe gh_records_problem(records).map { unsafe String(cString: $0) } }
    var owes: Bool { unsafe gh_records_owe(records) == 1 }

    /// Receives `bytes`, in pieces of `piece`, into a room of `capacity`, until all is used or it ends.
    func receive(_ bytes: [UInt8], piece: Int = .max, capacity: Int = 20_000) -> Outcome {
        var outcome = Outcome()
        var rest = bytes[...]
        repeat {
            waiting += rest.prefix(piece)
            rest = rest.dropFirst(piece)
            repeat {
                let (data, used, result) = open(capacity)
                outcome.data += data
                outcome.result = result
                if used == 0 && data.isEmpty { break }
            } while outcome.result == GH_MOVED
        } while !rest.isEmpty && outcome.result == GH_MOVED
        return outcome
    }

    /// One call. With a capacity of 0 nothing but what has no data is taken.
    func open(_ capacity: Int) -> (data: [UInt8], used: Int, result: Int) {
        var room = [UInt8](repeating: 0, count: capacity)
        var used = 0, count = 0
        let result = unsafe gh_records_open(records, waiting, waiting.count, &used, &room, capacity, &count)
        waiting.removeFirst(used)
        return (Array(room.prefix(count)), used, Int(result))
    }

    func add(_ bytes: [UInt8]) { waiting += bytes }

    /// Seals all of `data`; nil once nothing can be sent.
    func seal(_ data: [UInt8], head: [UInt8] = []) -> [UInt8]? {
        var out: [UInt8] = [], rest = data[...], head = head
        repeat {
            var room = [UInt8](repeating: 0, count: GH_SEALED_ROOM)
            var count = 0
            let sealed = unsafe gh_records_seal(records, head, head.count, Array(rest), rest.count, &count, &room)
            guard sealed > 0 else { return nil }
            out += room.prefix(sealed)
            rest = rest.dropFirst(count)
            head = []
        } while !rest.isEmpty
        return out
    }

    func sealOwed() -> [UInt8] {
        var room = [UInt8](repeating: 0, count: GH_SEALED_ROOM)
        let count = unsafe gh_records_seal_owed(records, &room)
        return Array(room.prefix(count))
    }

    func close() { unsafe gh_records_close(records) }
    func rest() { unsafe gh_records_free_contexts(records) }
}
