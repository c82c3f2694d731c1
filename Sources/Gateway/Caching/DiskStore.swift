import EventLoop
import Glibc
import HTTP
import Synchronization

/// The stored answers of a site's upstreams that are on disk: one store for all workers, and found again by the next process.
///
/// What is there is known in memory, behind a lock that is held for a few assignments, and asked only by requests that no memory
/// answers. Files are written and removed by one thread, one after another, so that what was forgotten cannot come back.
final class DiskStore: Sendable {
    /// What it is of.
    struct Identity: Hashable, Sendable {
        let site: SiteIdentity
        let directory: String
    }

    struct Limits: Equatable, Sendable {
        /// Bytes of files, as `DiskEntry` counts them.
        var bytes: Int
        /// Files; each costs some memory.
        var answers: Int
    }

    /// What the log says of it.
    enum Event: Sendable, Equatable {
        /// Nothing is written or read for a while.
        case off(reason: String)
        case onAgain
        /// A file was not what had been written.
        case damaged(name: String)
    }

    /// What is there, and what has become of answers since the start.
    struct Counts: Sendable {
        var answers = 0
        var bytes = 0
        /// Brought into a worker's memory.
        var hits: UInt64 = 0
        var written: UInt64 = 0
        /// Made room for others.
        var evictions: UInt64 = 0
        /// Could not be written.
        var writeErrors: UInt64 = 0
        /// Could not be read.
        var readErrors: UInt64 = 0
        /// Were not what had been written.
        var damaged: UInt64 = 0
        /// Were not written, since too much waited for that already.
        var tooMany: UInt64 = 0
        /// Is it used? After an error it is left alone for a while.
        var isUsed = true

        /// Adds what another store has come to.
        mutating func add(_ other: Counts) {
            answers += other.answers
            bytes += other.bytes
            hits += other.hits
            written += other.written
            evictions += other.evictions
            writeErrors += other.writeErrors
            readErrors += other.readErrors
            damaged += other.damaged
            tooMany += other.tooMany
            isUsed = isUsed && other.isUsed
        }
    }

    private struct State {
        var table = AnswerTable<DiskEntry>()
        /// Nil before it starts.
        var limits: Limits?
        /// Bytes that wait to be written.
        var waiting = 0
        /// What the thread has still to do.
        var orders = 0
        var isOff = false
        /// When it is tried again, in monotonic nanoseconds.
        var offUntil: UInt64 = 0
        var events: [Event] = []
        /// The places of targets (`DiskStore.place`) that were forgotten, or stored anew, before all that another process has
        /// left is known: of these it is too old. Nil when it is.
        var outdated: Set<Int>? = []
        /// All but what is there, which the table knows.
        var counts = Counts()

        /// Takes the oldest out until the rest is within the limits.
        mutating func shrink(to limits: Limits) -> [DiskEntry] {
            var dropped: [DiskEntry] = []
            while table.bytes > limits.bytes || table.count > limits.answers {
                guard let oldest = table.removeOldest() else { break }
                dropped.append(oldest)
            }
            counts.evictions += UInt64(dropped.count)
            return dropped
        }
    }

    /// Bytes of answers that wait to be written: a disk that is slower than the upstreams gets no more.
    static let maxWaiting = 16 << 20
    private static let pause: UInt64 = 60_000_000_000
    private static let maxEvents = 16
    private static let places = 1 << 15
    private static let damaged = "damaged"

    let directory: String
    private let state = Mutex(State())
    private let writer = FileThreads(name: "cache")

    init(_ identity: Identity) {
        var hash = FNV1a()
        hash.combine(Array("\(identity.site.hostname) \(identity.site.listen) \(identity.site.port)".utf8))
        directory = "\(identity.directory)/\(String(hash.value, radix: 16))"
    }

    /// It is used from now on: what is there is found out, and what is too much goes.
    func start(_ limits: Limits) {
        let (isNew, dropped) = state.withLock { state in
            defer { state.limits = limits }
            return (state.limits == nil, state.shrink(to: limits))
        }
        if isNew { write { $0.scan() } }
        remove(dropped)
    }

    /// Makes the thread do something.
    /// - Returns: false if there is none.
    @discardableResult
    private func write(_ work: @escaping @Sendable (DiskStore) -> Void) -> Bool {
        state.withLock { $0.orders += 1 }
        let isTaken = writer.send(Self.order) { [self] in
            work(self)
            state.withLock { $0.orders -= 1 }
        }
        if !isTaken { state.withLock { $0.orders -= 1 } }
        return isTaken
    }

    /// What waits is bounded by `maxWaiting`, and by the number of answers.
    private static let order = FileThreads.Limits(threads: 1, waiting: .max, timeout: .max)

    // MARK: Finding

    /// The answer to a request, as far as it is there to be read.
    func find(_ key: CacheKey, _ asked: borrowing SelectingFields) -> DiskEntry? {
        let forms = state.withLock { $0.isOff ? [] : $0.table.forms(of: key) }
        // The newest of those that suit.
        for form in forms.reversed() where form.isWritten && form.suits(asked) {
            state.withLock { $0.table.use(form) }
            return form
        }
        return nil
    }

    /// Reads an answer. May block.
    /// - Returns: nil if it is gone, or not what was written.
    func read(_ entry: DiskEntry) -> StoredAnswer? {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try FileAccess.read(path(entry), limit: entry.cost)
        } catch {
            if error.code == ENOENT { _ = forget([entry]) } else { state.withLock { $0.counts.readErrors += 1 } }
            return nil
        }
        guard let (file, body) = AnswerFile.read(bytes), file.key == entry.key, file.values == entry.values,
            let answer = StoredAnswer(file, body: body)
        else {
            setAside(entry)
            return nil
        }
        return answer
    }

    /// Only the last one is kept to be looked at: they would have no bound.
    private func setAside(_ entry: DiskEntry) {
        guard forget([entry]) > 0 else { return }
        note(.damaged(name: entry.name))
        write { $0.rename(entry.name, to: Self.damaged) }
    }

    private func rename(_ name: String, to other: String) {
        DirectoryFiles.rename("\(directory)/\(name)", to: "\(directory)/\(other)")
    }

    /// An answer that was read is in a worker's memory now.
    func noteHit() { state.withLock { $0.counts.hits += 1 } }

    private func path(_ entry: DiskEntry) -> String { "\(directory)/\(entry.name)" }

    // MARK: Storing

    /// Makes the thread write an answer, in place of the one that it is a newer form of. What cannot be written at once is not
    /// written.
    func put(_ answer: StoredAnswer) {
        let file = AnswerFile(key: answer.key, values: answer.values, times: answer.times, head: answer.head)
        let size = AnswerFile.prefix + answer.head.count + answer.body.count + answer.key.target.count + answer.values.count + 52
        let entry = DiskEntry(
            file, answer.varying, number: .random(in: 0 ... .max), size: size, isWritten: false)
        let now = monotonicNanoseconds()
        let (isTaken, dropped) = state.withLock { state in
            // Also where the new one has no place: the old one must not be found any more.
            state.outdated?.insert(Self.place(of: entry.key))
            var dropped = state.table.remove(like: entry).map { [$0] } ?? []
            guard let limits = state.limits, !state.isOff || now >= state.offUntil, entry.cost <= limits.bytes else {
                return (false, dropped)
            }
            guard state.waiting + size <= Self.maxWaiting else {
                state.counts.tooMany += 1
                return (false, dropped)
            }
            state.waiting += size
            if let other = state.table.insert(entry) { dropped.append(other) }
            return (true, dropped + state.shrink(to: limits))
        }
        remove(dropped)
        guard isTaken else { return }
        let body = answer.body
        if !write({ $0.write(entry, file, body, waiting: size) }) { turnOff("there is no thread", entry, waiting: size) }
    }

    /// Writes an answer; runs on the store's thread.
    private func write(_ entry: DiskEntry, _ file: AnswerFile, _ body: [UInt8], waiting: Int) {
        guard state.withLock({ $0.table.contains(entry) }) else { return state.withLock { $0.waiting -= waiting } }
        do throws(SystemError) {
            try StateFile.makeDirectory(directory)
            try StateFile.write(file.bytes(body: body), to: path(entry), isFlushed: false)
        } catch {
            return turnOff("\(directory): \(error)", entry, waiting: waiting)
        }
        entry.becomeWritten()
        let wasOff = state.withLock { state in
            state.waiting -= waiting
            state.counts.written += 1
            return exchange(&state.isOff, with: false)
        }
        if wasOff { note(.onAgain) }
    }

    private func turnOff(_ reason: String, _ entry: DiskEntry, waiting: Int) {
        let wasOff = state.withLock { state in
            state.waiting -= waiting
            state.table.remove(entry)
            state.counts.writeErrors += 1
            state.offUntil = monotonicNanoseconds() &+ Self.pause
            return exchange(&state.isOff, with: true)
        }
        if !wasOff { note(.off(reason: reason)) }
    }

    // MARK: Removing

    /// Forgets all forms of a target.
    func remove(_ key: CacheKey) {
        let dropped = state.withLock { state in
            state.outdated?.insert(Self.place(of: key))
            return state.table.removeAll(of: key)
        }
        remove(dropped)
    }

    /// Targets share places, so that clients who change ever new ones take no more memory: what another process has left of a
    /// target that shares one is lost.
    private static func place(of key: CacheKey) -> Int { key.hashValue & (places - 1) }

    /// Forgets the targets that `isMeant`, and returns when their files are gone.
    /// - Returns: how many answers that were.
    func purge(where isMeant: @escaping @Sendable ([UInt8]) -> Bool) async -> Int {
        let (dropped, isAllKnown) = state.withLock { state in
            (state.table.removeAll { isMeant($0.target) }, state.outdated == nil)
        }
        let found = try? await writer.run(Self.order) { [self] in
            // What another process has left is known by now, since the thread does one thing after another.
            let others = isAllKnown ? [] : state.withLock { state in state.table.removeAll { isMeant($0.target) } }
            for entry in dropped + others { StateFile.remove(path(entry)) }
            return others.count
        }
        return dropped.count + (found ?? 0)
    }

    private func remove(_ dropped: [DiskEntry]) {
        guard !dropped.isEmpty else { return }
        write { store in for entry in dropped { StateFile.remove(store.path(entry)) } }
    }

    /// - Returns: how many of them were there.
    private func forget(_ entries: [DiskEntry]) -> Int {
        state.withLock { state in entries.count { state.table.remove($0) } }
    }

    // MARK: After a restart

    /// Finds out what another process has left. On the thread.
    private func scan() {
        defer { state.withLock { $0.outdated = nil } }
        guard let files = try? DirectoryFiles.list(directory) else { return }
        let now = realtimeNanoseconds() &- Self.pause
        for file in files.sorted(by: { $0.modified < $1.modified }) {
            if let number = DiskEntry.number(of: file.name) {
                adopt(file, number)
            } else if file.name.contains(StateFile.unfinished), file.modified < now {
                // Of a process that has ended in the middle; what is younger may be of one that goes on.
                StateFile.remove("\(directory)/\(file.name)")
            }
        }
    }

    private func adopt(_ file: DirectoryFiles.File, _ number: UInt64) {
        let path = "\(directory)/\(file.name)"
        guard var bytes = try? FileAccess.read(path, limit: AnswerFile.prefix) else { return }
        if let length = AnswerFile.labelLength(bytes), bytes.count < AnswerFile.prefix + length {
            guard let more = try? FileAccess.read(path, limit: AnswerFile.prefix + length) else { return }
            bytes = more
        }
        let head = ResponseHead()
        guard let label = AnswerFile(label: bytes, ofFileOf: file.size),
            (try? head.parse(label.head.span, limits: .stored)) != nil
        else {
            note(.damaged(name: file.name))
            return rename(file.name, to: Self.damaged)
        }
        let entry = DiskEntry(label, VaryingFields(of: head.fields), number: number, size: file.size, isWritten: true)
        let dropped = state.withLock { state -> [DiskEntry] in
            if state.outdated?.contains(Self.place(of: entry.key)) == true { return [entry] }
            // Two processes may have left one each: the older one was found before.
            var dropped = state.table.remove(like: entry).map { [$0] } ?? []
            if let other = state.table.insert(entry) { dropped.append(other) }
            return dropped + (state.limits.map { state.shrink(to: $0) } ?? [])
        }
        for entry in dropped { StateFile.remove(self.path(entry)) }
    }

    // MARK: Events

    private func note(_ event: Event) {
        state.withLock { state in
            if case .damaged = event { state.counts.damaged += 1 }
            if state.events.count < Self.maxEvents { state.events.append(event) }
        }
    }

    /// What has happened since the call before.
    func takeEvents() -> [Event] { state.withLock { exchange(&$0.events, with: []) } }

    /// Is there anything that waits to be written or removed?
    var isBusy: Bool { state.withLock { $0.orders > 0 } }

    var counts: Counts {
        state.withLock { state in
            var counts = state.counts
            (counts.answers, counts.bytes, counts.isUsed) = (state.table.count, state.table.bytes, !state.isOff)
            return counts
        }
    }
}
