import EventLoop
import Foundation
import TestSupport
import Testing

@testable import Gateway

/// Files that say who comes in, and are written while they are looked at.
@Suite("Small files that are watched")
struct WatchedFileReadingTests {
    private let directory: TemporaryDirectory
    private let threads = FileThreads(name: "test")
    private let limits = FileThreads.Limits(threads: 1, waiting: 10, timeout: .max)

    init() throws { directory = try TemporaryDirectory() }

    /// Has it looked at, and waits until that is done. Each look comes when it is due, however long that takes.
    private func look(_ file: WatchedFile<String>, _ number: UInt64) async {
        file.refresh(now: monotonicNanoseconds() &+ number &* 1_000_000_000_000, on: threads, limits)
        // There is one thread.
        await withCheckedContinuation { continuation in
            #expect(threads.send(limits) { continuation.resume() })
        }
    }

    private func text(_ file: WatchedFile<String>) -> String {
        switch file.shared.value {
        case .success(let text): text
        case .failure(let fault): fault.reason
        }
    }

    @Test("what somebody is still writing is not read: only what two looks have seen is")
    func settled() async throws {
        let path = try directory.write("users", "one")
        let file = WatchedFile<String>(path, limit: 100, maxSettling: .max) { .success(String(decoding: $0, as: UTF8.self)) }
        #expect(text(file) == "one")
        try directory.write("users", "on")
        await look(file, 1)
        #expect(text(file) == "one")
        try directory.write("users", "one, two")
        await look(file, 2)
        #expect(text(file) == "one")
        await look(file, 3)
        #expect(text(file) == "one, two")
    }

    @Test("one that is gone for a moment is there; one that stays away has no content")
    func gone() async throws {
        let path = try directory.write("users", "one")
        let file = WatchedFile<String>(path, limit: 100, maxSettling: .max) { .success(String(decoding: $0, as: UTF8.self)) }
        try FileManager.default.removeItem(atPath: path)
        await look(file, 1)
        #expect(text(file) == "one")
        try directory.write("users", "two")
        for number: UInt64 in 2...3 { await look(file, number) }
        #expect(text(file) == "two")
        try FileManager.default.removeItem(atPath: path)
        for number: UInt64 in 4...5 { await look(file, number) }
        #expect(text(file).contains("No such file"))
    }
}
