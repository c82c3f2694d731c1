import Foundation
import Glibc
import Testing

@testable import StaticFiles

@Suite struct DirectoryTests {
    let temporary: TemporaryDirectory
    let directory: Directory

    init() throws {
        temporary = try TemporaryDirectory()
        try temporary.write("index.html", "home")
        try temporary.write("sub/page.txt", "page")
        try temporary.write(".secret", "hidden")
        try temporary.write(".git/config", "hidden")
        try temporary.write(".well-known/token", "open")
        try temporary.write("sub/.env", "hidden")
        try Data("outside".utf8).write(to: URL(fileURLWithPath: temporary.outside + "/secret.txt"))
        try temporary.link("inside-link", to: "sub/page.txt")
        try temporary.link("sub/up-link", to: "../index.html")
        try temporary.link("relative-escape", to: "../outside/secret.txt")
        try temporary.link("absolute-escape", to: temporary.outside + "/secret.txt")
        try temporary.link("absolute-inside", to: temporary.root + "/index.html")
        try temporary.link("around", to: "../root/sub/page.txt")
        try temporary.link("sub/around", to: "../../outside/../root/index.html")
        try temporary.link("absolute-directory", to: temporary.root + "/sub")
        try temporary.link("absolute-root", to: temporary.root)
        try temporary.link("absolute-nowhere", to: temporary.root + "/nowhere")
        try temporary.link("neighbour", to: temporary.root + "-2/secret.txt")
        try FileManager.default.createDirectory(atPath: temporary.root + "-2", withIntermediateDirectories: true)
        try Data("outside".utf8).write(to: URL(fileURLWithPath: temporary.root + "-2/secret.txt"))
        try FileManager.default.createSymbolicLink(atPath: temporary.base + "/back", withDestinationPath: temporary.root)
        try temporary.link("over-a-link", to: temporary.base + "/back/sub/page.txt")
        try temporary.link("absolute-fifo", to: temporary.root + "/fifo")
        try temporary.link("directory-escape", to: "../outside")
        try temporary.link("loop", to: "loop")
        try temporary.link("magic", to: "/proc/self/exe")
        try temporary.link("dangling", to: "nowhere")
        #expect(try run("/usr/bin/mkfifo", [temporary.root + "/fifo"]).code == 0)
        directory = try Directory(path: temporary.root)
    }

    /// "file", "directory", or the status of the error.
    private func outcome(_ path: String, hiddenAllowed: Bool = false) -> String {
        do throws(StaticError) {
            return switch try directory.open(Array(path.utf8).span, hiddenAllowed: hiddenAllowed) {
            case .file: "file"
            case .directory: "directory"
            }
        } catch {
            return String(error.refusal.status)
        }
    }

    @Test(arguments: [
        ("index.html", "file"), ("sub/page.txt", "file"), ("sub", "directory"), ("", "directory"),
        ("sub//page.txt", "file"), ("inside-link", "file"), ("sub/up-link", "file"),
        (".well-known/token", "file"), ("none.html", "404"), ("index.html/more", "404"), ("dangling", "404"),
        (".secret", "404"), (".git/config", "404"), (".git", "404"), ("sub/.env", "404"), ("sub/.none", "404"),
        ("..", "404"), ("../outside/secret.txt", "404"), ("sub/../../outside/secret.txt", "404"), (".", "404"),
        ("/etc/passwd", "403"), ("relative-escape", "403"), ("absolute-escape", "403"), ("absolute-inside", "file"),
        ("directory-escape/secret.txt", "403"), ("directory-escape", "403"), ("loop", "403"), ("magic", "403"),
        ("around", "file"), ("sub/around", "file"), ("absolute-directory", "directory"), ("absolute-root", "directory"),
        ("absolute-directory/page.txt", "file"), ("absolute-root/sub/page.txt", "file"), ("over-a-link", "file"),
        ("absolute-nowhere", "403"), ("neighbour", "403"), ("absolute-fifo", "403"),
        ("directory-escape/none", "403"), ("absolute-root/.secret", "404"),
        ("fifo", "403"), ("index.html\0.png", "400"),
        (String(repeating: "n", count: 256), "404"), (String(repeating: "d/", count: 2100) + "x", "404"),
    ])
    func `a path opens only what lies in the directory`(path: String, expected: String) {
        #expect(outcome(path) == expected)
    }

    @Test(arguments: ["..", "../outside/secret.txt", "sub/../../outside/secret.txt", "relative-escape", "/etc/passwd"])
    func `the kernel confines even where hidden names are allowed`(path: String) {
        #expect(outcome(path, hiddenAllowed: true) == "403")
    }

    @Test(arguments: [
        ("/srv/www/a", "/srv/www", "a"), ("/srv/www", "/srv/www", "."), ("/srv/www-2/a", "/srv/www", nil), ("/a/b", "/", "a/b"),
        ("/", "/", "."), ("/srv", "/srv/www", nil), ("pipe:[1]", "/", nil), ("(unreachable)/a", "(unreachable)", nil),
    ])
    func `a path is below another or is not`(path: String, base: String, expected: String?) {
        #expect(LinkTarget.relative(Array(path.utf8), to: Array(base.utf8)) == expected.map { Array($0.utf8) })
    }

    @Test func `a link that is swapped while it is followed never leads outside`() async throws {
        let (root, secret) = (temporary.root, temporary.outside + "/secret.txt")
        let directory = directory
        let swapping = Thread {
            while !Thread.current.isCancelled {
                for target in [root + "/index.html", secret] {
                    try? FileManager.default.createSymbolicLink(atPath: root + "/next", withDestinationPath: target)
                    _ = unsafe rename(root + "/next", root + "/swapped")
                }
            }
        }
        try temporary.link("swapped", to: root + "/index.html")
        swapping.start()
        defer { swapping.cancel() }
        for _ in 0..<5000 {
            guard case .file(let file)? = try? directory.open(Array("swapped".utf8).span) else { continue }
            // "home", never "outside".
            #expect(file.facts.size == 4)
        }
    }

    @Test func `hidden names open for the operator`() {
        #expect(outcome(".secret", hiddenAllowed: true) == "file")
    }

    @Test func `the directory stays the one that was opened`() throws {
        try FileManager.default.moveItem(atPath: temporary.root, toPath: temporary.base + "/moved")
        #expect(outcome("index.html") == "file")
    }

    @Test func `a directory that cannot be opened is named with the reason`() {
        let path = temporary.root + "/none"
        #expect(throws: StaticError.unusable(reason: "\(path): No such file or directory")) { try Directory(path: path) }
        let file = temporary.root + "/index.html"
        #expect(throws: StaticError.unusable(reason: "\(file): Not a directory")) { try Directory(path: file) }
    }

    @Test func `a directory that may not be entered is not put down to the kernel`() {
        #expect(
            Directory.reason(ofProbe: EACCES)
                == "Permission denied: the user that serves it must be allowed to enter it (chmod +x)")
        for error in [ENOSYS, EPERM] {
            let reason = Directory.reason(ofProbe: error)
            #expect(reason.hasPrefix("openat2(2) fails (") && reason.contains("Linux 5.6"), "\(reason)")
        }
    }

    @Test(arguments: [
        (ENOENT, 404), (ENOTDIR, 404), (ENAMETOOLONG, 404), (EACCES, 403), (EPERM, 403), (EXDEV, 403), (ELOOP, 403),
        (ENXIO, 403), (EMFILE, 503), (ENFILE, 503), (EIO, 500), (ENOMEM, 500), (EAGAIN, 500),
    ])
    func `the system's errors get their status and words`(error: Int32, status: Int) {
        let classified = Directory.classified(error)
        #expect(classified.refusal.status == status)
        #expect(!classified.reason.isEmpty)
    }

    @Test func `descriptors are closed`() throws {
        let path = "/proc/self/fd"
        func held() throws -> Int {
            // Other tests run beside this one: count only what leads into this directory.
            try FileManager.default.contentsOfDirectory(atPath: path).count { name in
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path + "/" + name)
                return target?.hasPrefix(temporary.root) ?? false
            }
        }
        let before = try held()
        #expect(before == 1)
        for name in ["index.html", "sub", "fifo", "none", "relative-escape"] { _ = outcome(name) }
        #expect(try held() == before)
        let kept = try directory.open(Array("index.html".utf8).span)
        #expect(try held() == before + 1)
        withExtendedLifetime(kept) {}
    }

    @Test func `several threads may look up at once`() async {
        let directory = directory
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    guard case .file? = try? directory.open(Array("sub/page.txt".utf8).span) else { return false }
                    return true
                }
            }
            for await found in group { #expect(found) }
        }
    }
}
