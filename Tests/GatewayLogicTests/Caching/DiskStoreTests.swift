import Foundation
import HTTP
import TestSupport
import Testing

@testable import Gateway

/// What one process has left for the next, while that looks it through.
@Suite("Stored answers on disk, before all of them are known")
struct DiskStoreTests {
    private let directory: TemporaryDirectory
    private static let limits = DiskStore.Limits(bytes: 10 << 20, answers: 1000)

    init() throws { directory = try TemporaryDirectory() }

    private func store() -> DiskStore {
        DiskStore(DiskStore.Identity(site: SiteIdentity(hostname: "a", listen: "::", port: 1), directory: directory.path))
    }

    private static func key(_ target: String) -> CacheKey { CacheKey(route: 1, target: Array(target.utf8)) }

    private func answer(_ target: String) -> StoredAnswer {
        StoredAnswer(
            key: Self.key(target), head: Array("HTTP/1.1 200 OK\r\nA: 1\r\n\r\n".utf8), status: 200, body: Array("body".utf8),
            directives: CacheDirectives(), times: CachedTimes(requested: 0, received: 0, date: nil, age: 0, lifetime: 60),
            varying: VaryingFields(of: FieldSection()), values: [])
    }

    private func leave(_ targets: [String]) async throws {
        let store = store()
        store.start(Self.limits)
        for target in targets { store.put(answer(target)) }
        try await eventually("all are written") { !store.isBusy }
        #expect(try files().count == targets.count)
    }

    /// Paths of stored answers, below the directory.
    private func files() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: directory.path).filter { $0.contains("/") }
    }

    @Test("are not found again when requests have changed them, or newer ones have come", arguments: [false, true])
    func outdated(isNewer: Bool) async throws {
        try await leave(["/a"])
        let store = store()
        // Before it looks at all, which is as good as before it has come so far.
        if isNewer { store.put(answer("/a")) } else { store.remove(Self.key("/a")) }
        store.start(Self.limits)
        try await eventually("all are known") { !store.isBusy }
        #expect(store.counts.answers == 0)
        #expect(try files().isEmpty)
        store.put(answer("/a"))
        try await eventually("it is written") { !store.isBusy }
        #expect(store.counts.answers == 1)
        #expect(try files().count == 1)
    }

    @Test("are forgotten by a purge")
    func purged() async throws {
        try await leave((0..<50).map { "/\($0)" })
        let store = store()
        store.start(Self.limits)
        let count = await store.purge { _ in true }
        #expect(count == 50)
        #expect(store.counts.answers == 0)
        #expect(try files().isEmpty)
    }

    @Test("give way to younger ones: two processes may have left one each")
    func twice() async throws {
        try await leave(["/a"])
        let older = directory.path + "/" + (try #require(try files().first))
        let younger = URL(filePath: older).deletingLastPathComponent().path + "/00000000000000ff"
        try FileManager.default.copyItem(atPath: older, toPath: younger)
        for (path, seconds) in [(older, 1_000_000.0), (younger, 2_000_000.0)] {
            try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: seconds)], ofItemAtPath: path)
        }
        let store = store()
        store.start(Self.limits)
        try await eventually("all are known") { !store.isBusy }
        #expect(store.counts.answers == 1)
        #expect(try files().map { directory.path + "/" + $0 } == [younger])
    }
}
