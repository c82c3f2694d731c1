import CLinux
import EventLoop
import Glibc

/// A regular file open for reading, and what was true of it when it was opened. Closed when the last holder lets go.
final class OpenFile: Sendable {
    let facts: FileMetadata
    private let descriptor: Int32
    private let place: Int32
    /// Closes it where that may take its time; nil: whoever lets go does.
    private let closer: FileThreads?

    /// Takes the descriptor over. Learns what was opened by the descriptor, so that no later rename can swap it.
    /// Returns nil for a directory. Errors: `.forbidden` for what is neither file nor directory, `.other`.
    init?(adopting descriptor: Int32, closer: FileThreads?) throws(StaticError) {
        self.descriptor = descriptor
        self.closer = closer
        place = gh_file_place(descriptor)
        let facts: stat
        do throws(StaticError) {
            facts = try Self.inspect(descriptor)
        } catch {
            close(descriptor)
            throw error
        }
        self.facts = FileMetadata(facts)
        switch facts.st_mode & S_IFMT {
        case S_IFREG: break
        // From here on `deinit` closes it.
        case S_IFDIR: return nil
        default: throw .forbidden(reason: "not a regular file")
        }
    }

    deinit {
        if let closer, !isOnMachine { closer.close(descriptor) } else { close(descriptor) }
    }

    /// Does it cost no waiting to learn what is true of the file, and which of its bytes are in memory?
    var isOnMachine: Bool { place != GH_PLACE_ELSEWHERE }

    /// Has nothing written to the file, nor changed its attributes, since it was opened?
    var isUnchanged: Bool {
        guard let now = try? Self.inspect(descriptor) else { return false }
        return FileMetadata(now) == facts
    }

    /// The same, but a file that only grew is as it was, as far as one can tell: a log is written to while it is sent.
    var isUnchangedOrGrown: Bool {
        guard let now = try? Self.inspect(descriptor) else { return false }
        let metadata = FileMetadata(now)
        return metadata.modified == facts.modified || metadata.size > facts.size
    }

    /// Reads at most `limit` bytes at `offset` into the free part of `output`. Returns how many; 0 is the end of the file.
    /// Waits for the bytes. Errors: `.other` with the system's words.
    func read(into output: inout OutputSpan<UInt8>, at offset: UInt64, limit: Int) throws(StaticError) -> Int {
        try read(into: &output, at: offset, limit: limit, waiting: true) ?? 0
    }

    /// The same, but only what can be had without waiting.
    /// - Returns: nil if that is nothing.
    func readCached(into output: inout OutputSpan<UInt8>, at offset: UInt64, limit: Int) throws(StaticError) -> Int? {
        guard isOnMachine else { return nil }
        return try read(into: &output, at: offset, limit: limit, waiting: place == GH_PLACE_MEMORY)
    }

    private func read(
        into output: inout OutputSpan<UInt8>, at offset: UInt64, limit: Int, waiting: Bool
    ) throws(StaticError) -> Int? {
        let descriptor = descriptor
        let result = unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
            // Safe: the kernel writes only [initialized, initialized + count), which lies in the buffer, and the count
            // of initialized bytes grows by exactly what it wrote.
            let count = min(limit, buffer.count - initialized)
            guard count > 0, let start = buffer.baseAddress else { return 0 }
            while true {
                let destination = unsafe start + initialized
                let got: Int
                if waiting {
                    got = unsafe pread(descriptor, destination, count, Int(clamping: offset))
                } else {
                    got = unsafe gh_read_cached(descriptor, destination, count, Int(clamping: offset))
                }
                if got >= 0 {
                    initialized += got
                    return got
                }
                let error = waiting ? errno : Int32(-got)
                if error != EINTR { return -Int(error) }
            }
        }
        // Also where the kernel or the file system cannot tell what is in memory.
        if !waiting, result == -Int(EAGAIN) || result == -Int(EOPNOTSUPP) { return nil }
        guard result >= 0 else { throw .other(reason: "read: \(systemReason(Int32(-result)))") }
        return result
    }

    private static func inspect(_ descriptor: Int32) throws(StaticError) -> stat {
        var facts = stat()
        // Safe: `facts` is exclusively ours during the call and has the size that fstat(2) fills.
        guard unsafe fstat(descriptor, &facts) == 0 else { throw .other(reason: "fstat: \(systemReason(errno))") }
        return facts
    }
}

/// The system's words for an error number.
func systemReason(_ error: Int32) -> String {
    // Safe: the shim returns a constant NUL-terminated string.
    unsafe String(cString: gh_error_words(error))
}
