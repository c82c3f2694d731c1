import Configuration
import Foundation
import TestSupport
import Testing

@testable import Gateway

/// When a log's file is put aside, by the times of its lines.
@Suite("Log files that are put aside by age")
struct LogRotationTests {
    /// A day in nanoseconds.
    private static let day: UInt64 = 86_400_000_000_000

    /// What is written at once: a line of each time, which it says.
    private func batch(_ times: [UInt64]) -> LogBatch {
        var batch = LogBatch(source: 1)
        for time in times {
            batch.bytes.append(contentsOf: "\(time)".utf8)
            batch.endLine(time: time)
        }
        return batch
    }

    private func rotation() -> LogRotation {
        var logging = Logging()
        logging.rotateAge = .seconds(86_400)
        return LogRotation(logging)
    }

    /// The lines of a file; none if it is not there.
    private func lines(_ path: String) -> [UInt64] {
        ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n").compactMap { UInt64($0) }
    }

    @Test("those of a busy log are, though lines are written after midnight that are of before it")
    func midnight() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/access.log"
        var file = try LogFile(.file(path: path), rotation(), key: "logging.access_log")
        defer { file.close() }
        // Whatever day it is, the file is written to on another one.
        let midnight = 10_000 * Self.day
        let before = [midnight - 600_000_000, midnight - 500_000_001]
        let across = [midnight - 400_000_000, midnight + 90_000_000]
        try file.write(batch(before))
        try file.write(batch(across))
        #expect(lines(path) == before + across)
        let after = [midnight + 100_000_000, midnight + 600_000_000]
        try file.write(batch(after))
        try file.write(batch([midnight + 600_000_001]))
        #expect(lines(path + ".1") == before + across && lines(path) == after + [midnight + 600_000_001])
        // A worker that was late does not have the day begin twice.
        try file.write(batch([midnight - 1]))
        try file.write(batch([midnight + 700_000_000]))
        #expect(lines(path).count == 5 && lines(path + ".2").isEmpty)
        try file.write(batch([midnight + Self.day]))
        #expect(lines(path) == [midnight + Self.day] && lines(path + ".1").count == 5 && lines(path + ".2").count == 4)
    }

    @Test("what others have written is of when they have written it")
    func others() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("access.log", "1\n")
        let written = Date(timeIntervalSince1970: 10_000 * 86_400 - 60)
        try FileManager.default.setAttributes([.modificationDate: written], ofItemAtPath: path)
        var file = try LogFile(.file(path: path), rotation(), key: "logging.access_log")
        defer { file.close() }
        try file.write(batch([10_000 * Self.day]))
        #expect(lines(path + ".1") == [1] && lines(path) == [10_000 * Self.day])
    }
}
