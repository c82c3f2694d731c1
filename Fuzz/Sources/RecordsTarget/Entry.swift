import CFuzzer
import CRecords

/// The package manager's name for `main`. libFuzzer's own would leave no place for it.
@c(RecordsTarget_main)
public func main(_ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Int32 {
    var (count, arguments) = unsafe (count, arguments)
    return unsafe LLVMFuzzerRunDriver(&count, &arguments) { start, count in
        // The bytes are only read, during the call.
        checkRecords(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
        return 0
    }
}

/// What a reader gets of a peer's records must not depend on how they are cut or on the reader's room, and a failed reader never
/// goes on.
private func checkRecords(_ input: [UInt8]) {
    guard let first = input.first else { return }
    let isClient = first & 1 == 1
    let records = script(input.dropFirst())
    let whole = Reader(isClient: isClient).read(records, step: records.count, capacity: 40_000)
    for (step, capacity) in [(1, 7), (3, 40_000), (17, 1), (16_384, 100)] {
        precondition(
            Reader(isClient: isClient).read(records, step: step, capacity: capacity) == whole,
            "the outcome depends on the delivery")
    }
}

/// Records as the input says: each piece of it is a command (what to make), a length and so many bytes of content.
private func script(_ input: ArraySlice<UInt8>) -> [UInt8] {
    var writer = Writer(), rest = input, records: [UInt8] = []
    while let command = rest.popFirst(), records.count < 100_000 {
        let length = Int(rest.popFirst() ?? 0)
        let content = Array(rest.prefix(length))
        rest = rest.dropFirst(length)
        switch command & 0x0F {
        // Raw bytes, which no key vouches for.
        case 0: records += content
        // A message that asks for the next key, and the key.
        case 1:
            records += writer.seal(22, [24, 0, 0, 1, UInt8(length & 1)], padding: content.count)
            writer.nextKey()
        // A full record.
        case 2: records += writer.seal(23, [UInt8](repeating: command, count: 16_384), padding: length & 1)
        // Any type, with padding.
        case 3: records += writer.seal(content.first ?? 0, Array(content.dropFirst()), padding: Int(command >> 4))
        // A flipped bit.
        case 4:
            var record = writer.seal(23, content, padding: 0)
            record[Int(command >> 4) % record.count] ^= 1
            records += record
        case 5...8: records += writer.seal(22, content, padding: 0)
        case 9: records += writer.seal(21, content, padding: 0)
        default: records += writer.seal(23, content, padding: 0)
        }
    }
    return records
}

private let secret = [UInt8](repeating: 1, count: Int(GH_LONGEST_SECRET))

/// The peer, whose records are sealed with the key that they say.
/// `@safe`: the suite lives as long as the process.
@safe private struct Writer {
    private let suite = unsafe gh_suite_of(0x1301)
    private var protection = unsafe gh_protection()

    init() {
        unsafe withUnsafeMutableBytes(of: &protection.secret) { unsafe $0.copyBytes(from: secret) }
        precondition(unsafe gh_protection_derive(&protection, suite) == 1)
    }

    mutating func nextKey() { precondition(unsafe gh_protection_update(&protection, suite) == 1) }

    mutating func seal(_ type: UInt8, _ content: [UInt8], padding: Int) -> [UInt8] {
        let inner = padding == 0 ? content : content + [type] + [UInt8](repeating: 0, count: padding - 1)
        var record = [UInt8](repeating: 0, count: inner.count + Int(GH_RECORD_HEADER + 1 + GH_TAG))
        precondition(
            unsafe gh_protection_seal(&protection, suite, padding == 0 ? type : 0, inner, inner.count, &record) == 1)
        unsafe gh_protection_free_context(&protection, suite)
        return record
    }
}

/// `@safe`: what is made in `init` is freed in `deinit`.
@safe private final class Reader {
    struct Outcome: Equatable {
        var data: [UInt8] = []
        var result = GH_MOVED
        var problem: String?
        var owed: [UInt8] = []
    }

    private let records: OpaquePointer

    init(isClient: Bool) {
        unsafe records = secret.withUnsafeBufferPointer { secret in
            var start = unsafe gh_records_start()
            unsafe start.suite = gh_suite_of(0x1301)
            unsafe start.own_secret = secret.baseAddress
            unsafe start.peers_secret = secret.baseAddress
            unsafe start.is_client = isClient ? 1 : 0
            return unsafe gh_records_new(&start)
        }!
    }

    deinit { unsafe gh_records_free(records) }

    func read(_ bytes: [UInt8], step: Int, capacity: Int) -> Outcome {
        var outcome = Outcome(), waiting: [UInt8] = [], rest = bytes[...]
        repeat {
            waiting += rest.prefix(max(1, step))
            rest = rest.dropFirst(max(1, step))
            var moved = true
            while moved, outcome.result == GH_MOVED {
                var room = [UInt8](repeating: 0, count: capacity), used = 0, count = 0
                let mayHave = unsafe gh_records_has_input(records, waiting, waiting.count) == 1
                outcome.result = Int(
                    unsafe gh_records_open(records, waiting, waiting.count, &used, &room, capacity, &count))
                moved = used > 0 || count > 0
                precondition(mayHave || (!moved && outcome.result == GH_MOVED), "input that was not announced")
                precondition(used <= waiting.count && count <= capacity)
                outcome.data += room.prefix(count)
                waiting.removeFirst(used)
            }
        } while !rest.isEmpty && outcome.result == GH_MOVED
        if outcome.result != GH_MOVED { precondition(isOver, "it went on after its end") }
        outcome.problem = unsafe gh_records_problem(records).map { unsafe String(cString: $0) }
        var room = [UInt8](repeating: 0, count: Int(GH_SEALED_ROOM))
        let count = unsafe gh_records_seal_owed(records, &room)
        outcome.owed = Array(room.prefix(count))
        return outcome
    }

    private var isOver: Bool {
        var room: [UInt8] = [0], used = 0, count = 0
        return unsafe gh_records_open(records, room, 0, &used, &room, 1, &count) != Int32(GH_MOVED)
    }
}
