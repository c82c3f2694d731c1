import Foundation
import LoopTesting
import TestSupport
import Testing

@testable import EventLoop

@Suite("A watch on files")
struct FileWatchTests {
    private static let long: UInt64 = 600_000_000_000

    private func write(_ path: String, _ text: String = "x") throws { try Data(text.utf8).write(to: URL(filePath: path)) }

    @Test("tells of its files alone, whatever else happens in their directories and in those on the way")
    func names() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path
        try directory.write("a/b/site.crt", "one")
        try await onLoop { actor in
            let (watch, waiter) = (try FileWatch(on: actor.loop), Waiter(loop: actor.loop))
            try watch.watch([path + "/a/b/site.crt"])
            for number in 0..<200 {
                for place in ["", "/a", "/a/b"] {
                    let other = "\(path)\(place)/other-\(number)"
                    try write(other)
                    try FileManager.default.removeItem(atPath: other)
                }
            }
            #expect(await watch.wait(waiter, timeout: 1) == .deadline)
            #expect(watch.takeChanged().isEmpty)
            // Behind all that.
            for number in 0..<200 { try write("\(path)/a/b/more-\(number)") }
            try write(path + "/a/b/site.crt", "two")
            #expect(await watch.wait(waiter, timeout: Self.long) == .ready)
            #expect(watch.takeChanged() == [path + "/a/b/site.crt"])
            watch.close()
            waiter.retire()
        }
    }

    @Test("tells of a directory on the way that is another, and of any file of a directory that is watched as a whole")
    func ways() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path
        for name in ["now/sub/site.crt", "next/sub/site.crt", "whole/x.toml"] { try directory.write(name, "one") }
        try await onLoop { actor in
            let (watch, waiter) = (try FileWatch(on: actor.loop), Waiter(loop: actor.loop))
            try watch.watch([path + "/now/sub/site.crt"], everyFileIn: [path + "/whole"])
            try FileManager.default.moveItem(atPath: path + "/now", toPath: path + "/former")
            #expect(await watch.wait(waiter, timeout: Self.long) == .ready)
            #expect(watch.takeChanged() == [path + "/now/sub/site.crt"])
            try write(path + "/whole/another.toml")
            #expect(await watch.wait(waiter, timeout: Self.long) == .ready)
            #expect(watch.takeChanged() == [path + "/whole"])
            watch.close()
            waiter.retire()
        }
    }

    @Test("ends a wait at once when it is told, though files come and go all the time")
    func told() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("site.crt", "one")
        let path = directory.path
        try await onLoop { actor in
            let (watch, waiter) = (try FileWatch(on: actor.loop), Waiter(loop: actor.loop))
            try watch.watch([path + "/site.crt"])
            try write(path + "/other")
            waiter.notify()
            #expect(await watch.wait(waiter, timeout: Self.long) == .notified)
            watch.close()
            waiter.retire()
        }
    }
}
