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
        guard case .setAside(let name) = try store.status(of: "a.test") else { return #expect(Bool(false)) }
        #expect(FileManager.default.fileExists(atPath: name))
        guard case .none = try store.status(of: "a.test") else { return #expect(Bool(false)) }
        let newer = Array(#"{"version": 2, "names": {"other": "form"}}"#.utf8)
        try state.write(newer, to: "acme/certificates/a.test/status.json")
        guard case .newer(2) = try store.status(of: "a.test") else { return #expect(Bool(false)) }
        #expect(try state.read("acme/certificates/a.test/status.json") == newer)
    }

    @Test("has the key of an order before the order ends, and a certificate only with its key")
    func keys() async throws {
        let store = CertificateStore(state)
        let key = try store.nextKey(of: "a.test", .p256)
        #expect(try store.nextKey(of: "a.test", .p256).pem == key.pem)
        try store.forgetNextKey(of: "a.test")
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
