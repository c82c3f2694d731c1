/// How many of the fleet's files one look reads. Etcd itself says whether there are more: who speaks in its place could say so
/// without end, and the member would hear of nothing else.
struct FilesLimit: Sendable, Equatable {
    /// A certificate has some four, and the most that anybody has are some ten thousand.
    var maxFiles = 200_000
    /// Of all together, as they are sealed.
    var maxBytes = 1 << 30
    /// In all, in nanoseconds.
    var maxTime: UInt64 = 300_000_000_000

    /// Why no more are read; nil if there may be more.
    func refusal(files: Int, bytes: Int, time: UInt64) -> String? {
        if files >= maxFiles { return "more than \(maxFiles) files" }
        if bytes >= maxBytes { return "files of more than \(maxBytes) bytes" }
        return time >= maxTime ? "files that have no end after \(maxTime / 1_000_000_000) s" : nil
    }
}
