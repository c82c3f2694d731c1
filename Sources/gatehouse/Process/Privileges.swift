import Configuration
import EventLoop
import Gateway
import Glibc

/// Who the process is: started as root, it opens what only root may open, and becomes `server.user` for the rest of its life.
struct Privileges {
    private let user: uid_t?
    private let group: gid_t
    /// All that the user belongs to.
    private let groups: [gid_t]
    private let name: String

    /// Cannot become that user.
    struct Unavailable: Error, CustomStringConvertible {
        let key: String
        let description: String
    }

    /// - Returns: nil if the configuration asks for nothing.
    /// - Throws: which key names nobody.
    init?(_ server: ServerIdentity) throws(Unavailable) {
        guard server.user != nil || server.group != nil else { return nil }
        var group: gid_t?
        if let name = server.group {
            guard let found = Self.group(named: name) else {
                throw Unavailable(key: "server.group", description: "there is no group \"\(name)\"")
            }
            group = found
        }
        guard let name = server.user else {
            (user, self.group, groups, self.name) = (nil, group ?? getgid(), [group ?? getgid()], "the same user")
            return
        }
        guard let account = Self.account(named: name) else {
            throw Unavailable(key: "server.user", description: "there is no user \"\(name)\"")
        }
        user = account.user
        self.group = group ?? account.group
        groups = Self.groups(of: name, with: self.group)
        self.name = name
    }

    /// Does something as that user already, such as opening logs: in a directory that is the user's root must follow no link.
    /// Before there are other threads, since the system knows users of whole processes alone.
    /// - Throws: what `body` throws, or `Unavailable`.
    func asUser<Result>(_ body: () throws -> Result) throws -> Result {
        guard getuid() == 0, let user else { return try body() }
        // The list is read during the call alone, as far as its count says; likewise in `drop`.
        guard unsafe setgroups(groups.count, groups) == 0, setegid(group) == 0, seteuid(user) == 0 else {
            throw failed("seteuid")
        }
        defer { _ = (seteuid(0), setegid(0)) }
        return try body()
    }

    /// Becomes the user: all threads, for good.
    /// - Throws: why that cannot be; the process must not serve then.
    func drop() throws(Unavailable) {
        if getuid() != 0 {
            // Whoever is that user already need not become it.
            if user == nil || user == getuid(), group == getgid() { return }
            throw Unavailable(key: "server.user", description: "only root can become \(name); start it as root, or as \(name)")
        }
        // The order matters: who is not root any more may change nothing. For root both calls set the saved identities too.
        guard unsafe setgroups(groups.count, groups) == 0 else { throw failed("setgroups") }
        guard setgid(group) == 0 else { throw failed("setgid") }
        guard let user, user != 0 else { return }
        guard setuid(user) == 0 else { throw failed("setuid") }
        guard setuid(0) != 0 else { throw Unavailable(key: "server.user", description: "root could be taken back") }
    }

    private func failed(_ call: String) -> Unavailable {
        Unavailable(key: "server.user", description: "cannot become \(name): \(SystemError(call))")
    }

    /// getpwnam(3) has one place for what it finds, which stays until its next call: nobody else calls it, and the numbers are
    /// copied at once. getgrnam(3) likewise.
    private static func account(named name: String) -> (user: uid_t, group: gid_t)? {
        guard let entry = unsafe getpwnam(name) else { return nil }
        return unsafe (entry.pointee.pw_uid, entry.pointee.pw_gid)
    }

    private static func group(named name: String) -> gid_t? {
        guard let entry = unsafe getgrnam(name) else { return nil }
        return unsafe entry.pointee.gr_gid
    }

    /// getgrouplist(3): it writes at most as many as `count` says there is room for, and then into `count` how many there are.
    private static func groups(of name: String, with group: gid_t) -> [gid_t] {
        var count: Int32 = 256
        var groups = [gid_t](repeating: 0, count: Int(count))
        guard unsafe getgrouplist(name, group, &groups, &count) >= 0 else { return [group] }
        return Array(groups.prefix(Int(count)))
    }
}
