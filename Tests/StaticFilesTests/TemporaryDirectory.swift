import Foundation
import HTTP

@testable import StaticFiles

/// A directory of one test's own, removed with it. The files to serve are below `root`; `outside` is not.
final class TemporaryDirectory {
    let base: String
    var root: String { base + "/root" }
    var outside: String { base + "/outside" }

    /// Sun, 06 Nov 1994 08:49:37 GMT
    static let fileTime: Int64 = 784_111_777
    /// Two seconds later.
    static let now: Int64 = fileTime + 2

    init() throws {
        base = FileManager.default.temporaryDirectory.path + "/static-\(UUID().uuidString)"
        for path in [root, outside] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: base)
    }

    /// Writes a file below `root`, with its directories, dated `time`.
    func write(_ path: String, _ content: [UInt8], time: Int64 = fileTime, fraction: Double = 0) throws {
        let full = root + "/" + path
        let parent = full.prefix(upTo: full.lastIndex(of: "/") ?? full.endIndex)
        try FileManager.default.createDirectory(atPath: String(parent), withIntermediateDirectories: true)
        try Data(content).write(to: URL(fileURLWithPath: full))
        let date = Date(timeIntervalSince1970: TimeInterval(time) + fraction)
        try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: full)
    }

    func write(_ path: String, _ content: String) throws {
        try write(path, Array(content.utf8))
    }

    func link(_ path: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: root + "/" + path, withDestinationPath: target)
    }

    /// Makes a file of `root` shorter or longer.
    func resize(_ path: String, to size: UInt64) throws {
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: root + "/" + path))
        try handle.truncate(atOffset: size)
        try handle.close()
    }

    func site(_ change: (inout StaticSettings) -> Void = { _ in }) throws -> StaticSite {
        var settings = StaticSettings()
        change(&settings)
        return try StaticSite(path: root, settings: settings)
    }
}

/// Runs a program and returns what it wrote and its exit code.
func run(_ program: String, _ arguments: [String]) throws -> (output: [UInt8], code: Int32) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (Array(output), process.terminationStatus)
}

/// Text that compresses, yet not to nothing; the same for the same arguments.
func sampleText(_ count: Int) -> [UInt8] {
    var state: UInt32 = 1
    let words = ["lorem ", "ipsum ", "dolor ", "sit ", "amet ", "gate ", "house ", "\n"].map { Array($0.utf8) }
    var text: [UInt8] = []
    while text.count < count {
        state = state &* 1_664_525 &+ 1_013_904_223
        text.append(contentsOf: words[Int(state >> 29)])
        text.append(UInt8(ascii: "a") + UInt8(state >> 24 & 15))
    }
    return Array(text.prefix(count))
}

extension AcceptEncoding {
    /// As of a request with this value of the field.
    init(_ value: String) { self.init(Array(value.utf8).span) }
}

extension StaticSite {
    /// What a request is answered with, as the gateway asks for it, but for the threads.
    func get(
        _ path: String, _ method: StaticMethod = .get, now: Int64 = TemporaryDirectory.now,
        from cache: StaticCache? = nil, _ change: (inout StaticConditions) -> Void = { _ in }
    ) -> StaticAnswer {
        var conditions = StaticConditions()
        change(&conditions)
        let path = Array(path.utf8)
        if let cache, let answer = known(path: path.span, method: method, conditions: conditions, now: now, in: cache) {
            return answer
        }
        do throws(StaticError) {
            return try search(path: path.span, method: method, conditions: conditions, now: now, cache: cache).end()
        } catch {
            return StaticAnswer(error.refusal, reason: error.reason)
        }
    }

    /// The page for a status.
    func errorPage(_ status: Int, now: Int64, from cache: StaticCache?) throws(StaticError) -> ErrorPage? {
        guard let search = searchErrorPage(status, now: now, cache: cache) else { return nil }
        return try errorPage(status, from: search.end())
    }
}

extension FileSearch {
    /// Does what is to be done on the spot.
    consuming func end() -> StaticAnswer {
        var step = begin()
        while case .work(let work) = step { step = next(work.run()) }
        guard case .answer(let answer) = step else { preconditionFailure("a search ends with an answer") }
        return answer
    }
}

extension StaticAnswer {
    subscript(_ name: String) -> String? {
        fields.list.first { $0.name == name }?.value
    }
}

extension AnswerFields {
    /// Names and values.
    var list: [(name: String, value: String)] {
        var list: [(name: String, value: String)] = []
        forEach { name, value in
            func text(_ bytes: Span<UInt8>) -> String { String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self) }
            list.append((name: text(name), value: text(value)))
        }
        return list
    }
}

extension FileBody {
    /// Appends what one call gives.
    func read(into bytes: inout [UInt8], room: Int) throws(StaticError) -> Int {
        while true {
            var count: Int?
            try bytes.append(addingCapacity: room) { (span) throws(StaticError) in
                count = try read(into: &span)
            }
            if let count { return count }
            if let reading { try take(reading.run()) }
        }
    }

    /// All that is left.
    func readAll(room: Int = 10_000) throws(StaticError) -> [UInt8] {
        var bytes: [UInt8] = []
        while try read(into: &bytes, room: room) > 0 {}
        return bytes
    }
}
