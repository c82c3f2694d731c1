import Foundation
import Glibc
import TLS
import TestSupport
import Testing

@testable import ACME

@Suite("The state directory")
struct StateTests {
    private let directory: TemporaryDirectory
    private let state: StateDirectory

    init() throws {
        directory = try TemporaryDirectory()
        state = StateDirectory(directory.path + "/a/b/")
    }

    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    @Test("gives back what was written, whole, for this user alone")
    func written() throws {
        #expect(try state.read("acme/x") == nil)
        let bytes = [UInt8](repeating: 7, count: 100_000)
        try state.write(bytes, to: "acme/x")
        #expect(try state.read("acme/x") == bytes)
        try state.write([1], to: "acme/x")
        #expect(try state.read("acme/x") == [1])
        #expect(try mode(directory.path + "/a/b/acme/x") == 0o600)
        #expect(try mode(directory.path + "/a/b/acme") == 0o700)
        #expect(state.list("acme") == ["x"] && state.list("nothing").isEmpty)
        try state.remove("acme/x")
        try state.remove("acme/x")
        #expect(try state.read("acme/x") == nil)
    }

    @Test("follows no link, and says why it cannot read or write")
    func refused() throws {
        try state.write([1], to: "acme/x")
        try directory.link("a/b/acme/link", to: "x")
        #expect(throws: ACMEError.self) { try state.read("acme/link") }
        // A link in the way is replaced, not followed.
        try state.write([2], to: "acme/link")
        #expect(try state.read("acme/x") == [1] && state.read("acme/link") == [2])
        #expect(throws: ACMEError.self) { try state.write([1], to: "acme/x/y") }
        #expect(throws: ACMEError.self) { try state.read("acme") }
        #expect(StateDirectory.problem(writing: directory.path + "/not/yet") == nil)
        let words = StateDirectory.problem(writing: directory.path + "/a/b/acme/x/y")
        #expect(words?.contains("acme/x") == true)
    }

    @Test("has what others serve where they can read it, whatever the umask")
    func published() throws {
        let folder = StateDirectory(directory.path + "/challenges/here", isPublic: true)
        try folder.write([1], to: "token")
        #expect(try mode(directory.path + "/challenges/here/token") == 0o644)
        #expect(try mode(directory.path + "/challenges/here") == 0o755)
    }

    @Test("has one owner")
    func locked() throws {
        let first = try #require(try state.lock("acme/lock"))
        #expect(try state.lock("acme/lock") == nil)
        close(first)
        let second = try #require(try state.lock("acme/lock"))
        close(second)
    }

    @Test(
        "has file names for all texts",
        arguments: [
            ("a.test", "a.test"), ("../x", "_./x".replacing("/", with: "_")), ("*.a", "_.a"), ("a/b:c", "a_b_c"), (".", "_"),
        ])
    func names(text: String, name: String) {
        #expect(StatePath.component(text) == name)
        #expect(!StatePath.component(text).contains("/") && !StatePath.component(text).hasPrefix("."))
    }

    @Test("has a file name of its own for each name, however long")
    func longNames() {
        let start = String(repeating: "abcdefg.", count: 25)
        let names = [start + "a.test", start + "b.test", String(start.prefix(180)), String(start.prefix(181))]
        #expect(Set(names.map(StatePath.component)).count == 4)
        #expect(names.allSatisfy { StatePath.component($0).utf8.count <= 180 })
        #expect(StatePath.component(names[2]) == names[2])
    }

    @Test("sets a status aside that cannot be read, and leaves a newer one alone")
    func status() throws {
        let store = CertificateStore(state)
        var status = CertificateStatus()
        (status.names, status.failures, status.order) = (["a.test"], 2, "https://ca/o")
        try store.save(status, of: "a.test")
        guard case .status(status) = try store.status(of: "a.test") else { return #expect(Bool(false)) }
        #expect(store.statuses() == [status])
        let whole = try #require(try state.read("acme/certificates/a.test/status.json"))
        // Half of it, as a copy that was broken off leaves it.
        try state.write(Array(whole.prefix(whole.count / 2)), to: "acme/certificates/a.test/status.json")
        let path = directory.path + "/a/b/acme/certificates/a.test"
        guard case .unreadable(let words) = try store.status(of: "a.test") else { return #expect(Bool(false)) }
        let aside = try #require(state.list("acme/certificates/a.test").first { $0.contains(".aside-") })
        #expect(words.hasSuffix("\(path)/\(aside)"), "\(words)")
        guard case .none = try store.status(of: "a.test") else { return #expect(Bool(false)) }
        let newer = Array(#"{"version": 2, "names": {"other": "form"}}"#.utf8)
        try state.write(newer, to: "acme/certificates/a.test/status.json")
        guard case .newer(2) = try store.status(of: "a.test") else { return #expect(Bool(false)) }
        #expect(try state.read("acme/certificates/a.test/status.json") == newer)
    }

    @Test("gives each file that it sets aside a name of its own, whatever is in the file's place")
    func aside() throws {
        let store = CertificateStore(state)
        let folder = directory.path + "/a/b/acme/certificates/a.test"
        try state.write([1], to: "acme/certificates/a.test/status.json")
        guard case .unreadable = try store.status(of: "a.test") else { return #expect(Bool(false)) }
        try state.write([2], to: "acme/certificates/a.test/status.json")
        guard case .unreadable = try store.status(of: "a.test") else { return #expect(Bool(false)) }
        try FileManager.default.createDirectory(atPath: folder + "/status.json", withIntermediateDirectories: false)
        guard case .unreadable = try store.status(of: "a.test") else { return #expect(Bool(false)) }
        try directory.link("a/b/acme/certificates/a.test/status.json", to: "elsewhere")
        guard case .unreadable = try store.status(of: "a.test") else { return #expect(Bool(false)) }
        try state.write([UInt8](repeating: 0x20, count: 2_000_000), to: "acme/certificates/a.test/status.json")
        guard case .unreadable = try store.status(of: "a.test") else { return #expect(Bool(false)) }
        #expect(state.list("acme/certificates/a.test").count == 5)
    }

    @Test("reckons with no numbers that nobody has written")
    func numbers() throws {
        let store = CertificateStore(state)
        for (number, failures) in [(Int64.min, Int.min), (-1, -1), (.max, .max)] {
            var status = CertificateStatus()
            (status.failures, status.nextTry, status.lastTry) = (failures, number, number)
            (status.notAfter, status.nextLook, status.windowStart) = (number, number, number)
            try store.save(status, of: "a.test")
            guard case .status(let found) = try store.status(of: "a.test") else { return #expect(Bool(false)) }
            #expect((0...1_000_000).contains(found.failures))
            for time in [found.nextTry, found.lastTry, found.notAfter, found.nextLook, found.windowStart] {
                #expect((0...253_402_300_799).contains(try #require(time)))
            }
        }
    }

    @Test("shows what cannot be used, and that it is so")
    func shown() async throws {
        let store = CertificateStore(state)
        let made = try await MadeCertificate.make("leaf", in: directory, names: ["DNS:a.test"])
        let pem = try [made.keyFile, made.file].map { try String(contentsOfFile: $0, encoding: .utf8) }.joined()
        for name in ["cut.test", "gone.test", "half.test", "newer.test", "good.test"] {
            var status = CertificateStatus()
            (status.names, status.directory, status.notAfter) = ([name], "https://ca/", 4_000_000_000)
            try store.save(status, of: name)
            try state.write(Array(pem.utf8), to: "acme/certificates/\(name)/certificate.pem")
        }
        try state.write(Array(pem.utf8.prefix(300)), to: "acme/certificates/cut.test/certificate.pem")
        try state.remove("acme/certificates/gone.test/certificate.pem")
        try state.write([1, 2], to: "acme/certificates/half.test/status.json")
        try state.write(Array(#"{"version": 99}"#.utf8), to: "acme/certificates/newer.test/status.json")
        let shown = store.statuses()
        #expect(shown.map(\.names) == [["cut.test"], ["gone.test"], ["good.test"], ["half.test"], ["newer.test"]])
        #expect(shown.map { $0.notAfter == nil } == [true, true, false, false, false])
        let words = ["holds no certificate with its key", "is missing", nil, "is no state of a certificate", "newer version"]
        for (status, words) in zip(shown, words) {
            #expect(words.map { status.lastError?.contains($0) == true } ?? (status.lastError == nil), "\(status)")
        }
        // What is to be there and is not, once, behind what is there.
        let wanted = store.statuses(wanted: [["good.test", "b.test"], ["*.new.test", "new.test"], ["cut.test"], ["*.new.test"]])
        #expect(wanted.map(\.names) == shown.map(\.names) + [["*.new.test", "new.test"]])
        #expect(wanted.last?.notAfter == nil && wanted.last?.lastError == nil)
    }

    @Test("has an account's key and address, and sets aside what is none")
    func account() throws {
        var told: [String] = []
        let accounts = AccountStore(Authority(directory: "https://ca/dir"), state) { file, reason in
            told.append("\(file) \(reason)")
        }
        let first = try accounts.load()
        try accounts.save("https://ca/1")
        #expect(try accounts.load().url == "https://ca/1" && told.isEmpty)
        let folder = "acme/accounts/ca_dir"
        try state.write(Array(#"{"version": 99, "url": {}}"#.utf8), to: folder + "/account.json")
        #expect(try accounts.load().url == nil && accounts.load().key.key.pem == first.key.key.pem)
        #expect(told.count == 1 && told[0].contains("account.json.aside-") && told[0].contains("newer version"), "\(told)")
        try state.write(Array(first.key.key.pem.utf8.prefix(60)), to: folder + "/account.key")
        let second = try accounts.load()
        #expect(second.key.key.pem != first.key.key.pem && second.url == nil)
        #expect(told.count == 2 && told[1].contains("account.key.aside-") && told[1].contains("is no key"), "\(told)")
        #expect(state.list(folder).count { $0.contains(".aside-") } == 2)
        #expect(try accounts.load().key.key.pem == second.key.key.pem)
        // What is no URL of an account would be refused by the authority for ever.
        try accounts.save("/account/1")
        #expect(try accounts.load().url == nil && told.count == 3, "\(told)")
    }

    @Test("has the key of an order before the order ends, and a certificate only with its key")
    func keys() async throws {
        let store = CertificateStore(state)
        let key = try store.nextKey(of: "a.test", .p256)
        #expect(try store.nextKey(of: "a.test", .p256).pem == key.pem)
        // The configuration may want another kind by now.
        let other = try store.nextKey(of: "a.test", .rsa)
        #expect(other.isOf(.rsa) && !other.isOf(.p256) && key.isOf(.p256) && !key.isOf(.p384))
        #expect(try store.nextKey(of: "a.test", .rsa).pem == other.pem)
        // A process that was killed has left what it was writing.
        try state.write([1], to: "acme/certificates/a.test/next.key.new-17")
        try store.forgetNextKey(of: "a.test")
        #expect(state.list("acme/certificates/a.test").isEmpty)
        #expect(try store.nextKey(of: "a.test", .p256).pem != key.pem)
        let made = try await MadeCertificate.make("leaf", in: directory, names: ["DNS:a.test"])
        let chain = try String(contentsOfFile: made.file, encoding: .utf8)
        try store.save(chain, key, of: "a.test")
        #expect(try store.certificate(of: "a.test") == nil)
        let own = try PrivateKey(pem: String(contentsOfFile: made.keyFile, encoding: .utf8))
        try store.save(chain, own, of: "a.test")
        #expect(try store.certificate(of: "a.test")?.names.hosts == ["a.test"])
        #expect(store.file(of: "*.a.test").hasSuffix("/acme/certificates/_wildcard.a.test/certificate.pem"))
    }
}
