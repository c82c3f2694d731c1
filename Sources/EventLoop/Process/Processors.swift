import CLinux

/// How much of the machine's processors this process may use.
package enum Processors {
    /// Whole cores: those that it may run on (sched_getaffinity(2)), and of these no more than its control groups give it time
    /// for. The number of cores that are there is another one in a container, or under taskset(1): a thread for each would
    /// have used up the group's time early in a period, and all of them would stand still for the rest.
    ///
    /// As it was when it was first asked for: limits may change while the process runs, its threads are not changed then.
    package static let count = max(1, min(Int(gh_core_count()), quota ?? .max))

    private static var quota: Int? {
        func text(_ path: String) -> String? {
            guard let bytes = try? FileAccess.read(path, limit: 65_536) else { return nil }
            return String(decoding: bytes, as: UTF8.self)
        }
        return text("/proc/self/cgroup").flatMap { cores(memberships: $0, read: text) }
    }

    /// What control groups give time for, in whole cores, a part of one counted as one; nil: they set no limit.
    /// - Parameters:
    ///   - memberships: which groups they are, as `/proc/self/cgroup` has it (cgroups(7)).
    ///   - read: a file's text; nil if there is none.
    package static func cores(memberships: String, read: (_ path: String) -> String?) -> Int? {
        var limits: [Int] = []
        for line in memberships.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let isUnified = parts[0] == "0" && parts[1].isEmpty
            guard isUnified || parts[1].split(separator: ",").contains("cpu") else { continue }
            // Each group's limit holds for those below it. Of a container's path only the end, or nothing, may be found there.
            var steps = parts[2].split(separator: "/")
            repeat {
                let path = steps.map { "/\($0)" }.joined()
                let limit = isUnified ? unified("/sys/fs/cgroup\(path)", read) : former("/sys/fs/cgroup/cpu\(path)", read)
                if let limit { limits.append(limit) }
            } while steps.popLast() != nil
        }
        return limits.min()
    }

    /// cgroups(7), version 2: "200000 100000", or "max 100000".
    private static func unified(_ group: String, _ read: (String) -> String?) -> Int? {
        guard let words = read("\(group)/cpu.max")?.split(whereSeparator: \.isWhitespace), words.count == 2 else { return nil }
        return cores(words[0], of: words[1])
    }

    /// Version 1: two files; -1 is no limit.
    private static func former(_ group: String, _ read: (String) -> String?) -> Int? {
        guard let time = read("\(group)/cpu.cfs_quota_us"), let period = read("\(group)/cpu.cfs_period_us") else { return nil }
        return cores(time.prefix { !$0.isWhitespace }, of: period.prefix { !$0.isWhitespace })
    }

    private static func cores(_ time: Substring, of period: Substring) -> Int? {
        guard let time = Int(time), let period = Int(period), time > 0, period > 0 else { return nil }
        let (whole, rest) = time.quotientAndRemainder(dividingBy: period)
        return whole + (rest > 0 ? 1 : 0)
    }
}
