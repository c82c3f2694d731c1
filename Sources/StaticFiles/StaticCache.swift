package import EventLoop
import HTTP

/// The files that one worker served of late, with the bytes of the small ones: who asks for those again costs no system call.
///
/// What it says is at most `valid` seconds old. Its memory, its open files and its entries are bounded, and what has not been
/// asked for goes first (the clock algorithm). Only files that exist get in, so a client cannot fill it with inventions.
package final class StaticCache {
    /// Its bounds.
    package struct Settings: Sendable, Equatable {
        /// Bytes of content, at most; 0 switches the cache off.
        package var size: Int
        /// Files, at most. One whose bytes are not in memory keeps a descriptor or two.
        package var entries: Int
        /// Seconds after which a file is looked at again.
        package var valid: Int64

        package init(size: Int, entries: Int, valid: Int64) {
            self.size = size
            self.entries = entries
            self.valid = valid
        }

        /// Bytes; a content larger than this stays in its file: no file may push out all the others, and none may take so long
        /// to be read that the worker's other clients notice.
        var maxContentBytes: Int { min(size / 64, 1 << 20) }
    }

    private final class Entry {
        let key: UInt64
        let root: UniqueNumber
        let path: RequestPath
        let file: ServedFile
        var checked: Int64
        /// Asked for since the hand last came by.
        var isWanted = true
        var bytes = 0

        init(_ key: UInt64, _ root: UniqueNumber, _ path: RequestPath, _ file: ServedFile, checked: Int64) {
            self.key = key
            self.root = root
            self.path = path
            self.file = file
            self.checked = checked
        }
    }

    private let settings: Settings
    let closer: FileThreads?
    private var directories: DirectoryCache
    private var slots: [Entry?] = []
    /// The indices of entries by their keys.
    private var indices: [UInt64: Int] = [:]
    /// Slots without an entry.
    private var free: [Int] = []
    private var hand = 0
    private var nextTidying: Int64 = 0
    private static let tidying: Int64 = 10
    /// How many bytes of content are in memory.
    private(set) var bytes = 0

    /// - Parameter closer: closes files that may take their time for that; nil: whoever lets go does.
    package init(_ settings: Settings, closer: FileThreads? = nil) {
        self.settings = settings
        self.closer = closer
        directories = DirectoryCache(valid: settings.valid)
    }

    /// The directory of a site, if it was looked at less than `valid` seconds ago. `now`: seconds since 1970.
    func freshDirectory(of site: StaticSite, now: Int64) -> Directory? {
        // First what changes nothing (price 1).
        directories.latestIfFresh(of: site, now: now) ?? withDirectories { $0.fresh(of: site, now: now) }
    }

    /// The site's directory as it was looked at last, however long ago.
    func lastDirectory(of site: StaticSite) -> Directory? { withDirectories { $0.last(of: site) } }

    /// A site's directory has just been looked at, and is this one.
    func take(_ directory: Directory, of site: StaticSite, now: Int64) {
        guard let replaced = withDirectories({ $0.take(directory, of: site, now: now) }) else { return }
        for index in slots.indices where slots[index]?.root == replaced { remove(at: index) }
    }

    /// A site's directory is not there.
    func loseDirectory(of site: StaticSite) { withDirectories { $0.lose(site) } }

    var count: Int { indices.count }

    /// What is known of a path and not too old. `now`: seconds since 1970.
    func file(at path: RequestPath, in root: Directory, now: Int64) -> ServedFile? {
        guard let entry = entry(at: path, in: root), isFresh(entry, now) else { return nil }
        entry.isWanted = true
        return entry.file
    }

    /// The same of a path as it was asked for, from which nothing is made; nil also where something must be.
    func file(asked path: Span<UInt8>, in root: Directory, now: Int64) -> ServedFile? {
        guard let plain = RequestPath.plain(path) else { return nil }
        let endsWithSlash = path[path.count - 1] == UInt8(ascii: "/")
        guard let entry = entry(at: path.extracting(plain), endsWithSlash, in: root), isFresh(entry, now) else { return nil }
        entry.isWanted = true
        return entry.file
    }

    /// Takes a file that was just looked up.
    /// - Returns: the file to answer with: the one that was kept before, with its bytes, if that is still the same.
    func keep(_ found: ServedFile, at path: RequestPath, in root: Directory, now: Int64) -> ServedFile {
        // Its Last-Modified would have to be made anew for each answer.
        guard settings.size > 0, found.plain.facts.modified.seconds <= now else {
            forget(path, in: root)
            return found
        }
        if let known = entry(at: path, in: root), known.file.isSame(as: found) {
            known.checked = now
            known.isWanted = true
            return known.file
        }
        let key = Self.key(path.relative.span, path.endsWithSlash, root)
        insert(Entry(key, root.number, path, found, checked: now))
        return found
    }

    /// Forgets a path whose file has changed or gone.
    func forget(_ path: RequestPath, in root: Directory) {
        guard let entry = entry(at: path, in: root), let index = slot(of: entry.key) else { return }
        remove(at: index)
    }

    /// Forgets the files that keep a descriptor, because somebody needs it more.
    /// - Parameter limit: only those that were looked at before, in seconds since 1970.
    /// - Returns: were there any?
    @discardableResult
    package func closeFiles(lookedAtBefore limit: Int64 = .max) -> Bool {
        let count = indices.count
        for index in slots.indices {
            if let entry = slots[index], entry.checked < limit, entry.file.isOpen { remove(at: index) }
        }
        return indices.count < count
    }

    /// Closes what nobody has asked for in a minute: a file that was deleted would fill its disk for ever. To be called now and
    /// then; it looks only every ten seconds.
    package func tidy(now: Int64) {
        guard now >= nextTidying || now < nextTidying - Self.tidying else { return }
        nextTidying = now + Self.tidying
        closeFiles(lookedAtBefore: now - max(60, settings.valid))
        withDirectories { $0.close(lookedAtBefore: now - max(60, settings.valid)) }
    }

    /// Should the bytes of a kept file be brought into memory? If there is room for them, and they are certain.
    func wants(_ form: Representation, at path: RequestPath, in root: Directory, now: Int64) -> Bool {
        !form.isStreamed && form.file != nil && mayHold(form, now) && entry(at: path, in: root) != nil
    }

    /// Keeps the bytes of a kept file, as they have just been read.
    func hold(_ content: [UInt8], as form: Representation, at path: RequestPath, in root: Directory) {
        // Another exchange may have been faster.
        guard form.file != nil, let entry = entry(at: path, in: root) else { return }
        hold(content, as: form, entry)
    }

    /// Makes `body` hand over the bytes that it compresses on its way, so that the next one finds them in memory.
    func collect(_ body: FileBody, of form: Representation, at path: RequestPath, in root: Directory, now: Int64) {
        guard form.isStreamed, form.collector == nil, let file = form.file, mayHold(form, now),
            let entry = entry(at: path, in: root)
        else { return }
        form.collector = body
        body.collect(atMost: settings.maxContentBytes) { [weak self, weak entry] content in
            guard let self, let entry, self.slot(of: entry.key).flatMap({ self.slots[$0] }) === entry else { return }
            // Another exchange may have been faster. And what was written to while it was read is no version of the file; where
            // that cannot be known at once each piece was looked at when it was read.
            guard form.file === file, !file.isOnMachine || file.isUnchanged else { return }
            self.hold(content, as: form, entry)
        }
    }

    // MARK: -

    private func mayHold(_ form: Representation, _ now: Int64) -> Bool {
        form.facts.size <= UInt64(settings.maxContentBytes) && form.facts.isSettled(at: now)
    }

    private func hold(_ content: [UInt8], as form: Representation, _ entry: Entry) {
        form.keep(content)
        entry.bytes += content.count
        bytes += content.count
        while bytes > settings.size, evict() {}
    }

    private func isFresh(_ entry: Entry, _ now: Int64) -> Bool {
        // A clock that was set back makes everything stale, not everlasting.
        now >= entry.checked && now < entry.checked + settings.valid
    }

    private func entry(at path: RequestPath, in root: Directory) -> Entry? {
        entry(at: path.relative.span, path.endsWithSlash, in: root)
    }

    /// - Parameter relative: of the path, as `endsWithSlash`.
    private func entry(at relative: Span<UInt8>, _ endsWithSlash: Bool, in root: Directory) -> Entry? {
        guard let index = slot(of: Self.key(relative, endsWithSlash, root)), let entry = slots[index] else { return nil }
        let path = entry.path
        guard entry.root == root.number, path.endsWithSlash == endsWithSlash else { return nil }
        return ByteScanning.same(path.relative.span, relative) ? entry : nil
    }

    /// It needs no secret: only names of existing files get in, and of two with one key the later one stays.
    private static func key(_ relative: Span<UInt8>, _ endsWithSlash: Bool, _ root: Directory) -> UInt64 {
        var hash = FNV1a(seed: root.number.value)
        hash.combine(relative)
        hash.combine(endsWithSlash ? 0x2F : 0)
        return hash.value
    }

    private func slot(of key: UInt64) -> Int? {
        // Looked at in a copy (price 1).
        let indices = indices
        return indices[key]
    }

    private func insert(_ entry: Entry) {
        if let index = slot(of: entry.key) { remove(at: index) }
        if count >= settings.entries { evict() }
        let index = free.popLast()
        withEntries { slots, indices in
            indices[entry.key] = index ?? slots.count
            if let index { slots[index] = entry } else { slots.append(entry) }
        }
    }

    /// Drops the first entry that was not asked for since the hand last passed it.
    /// - Returns: was there anything to drop?
    @discardableResult
    private func evict() -> Bool {
        guard count > 0 else { return false }
        while true {
            hand = hand + 1 < slots.count ? hand + 1 : 0
            guard let entry = slots[hand] else { continue }
            if entry.isWanted {
                entry.isWanted = false
            } else {
                remove(at: hand)
                return true
            }
        }
    }

    private func remove(at index: Int) {
        guard let entry = slots[index] else { return }
        withEntries { slots, indices in
            slots[index] = nil
            indices[entry.key] = nil
        }
        free.append(index)
        bytes -= entry.bytes
    }

    // Price 1: what is changed is taken out and put back, everywhere. So those who only look, with each request, need no check.

    private func withDirectories<Result>(_ body: (inout DirectoryCache) -> Result) -> Result {
        var lent = exchange(&directories, with: DirectoryCache(valid: settings.valid))
        defer { directories = lent }
        return body(&lent)
    }

    private func withEntries(_ body: (_ slots: inout [Entry?], _ indices: inout [UInt64: Int]) -> Void) {
        var lentSlots = exchange(&slots, with: [])
        var lentIndices = exchange(&indices, with: [:])
        body(&lentSlots, &lentIndices)
        slots = lentSlots
        indices = lentIndices
    }
}
