/// A request as it came upstream. The reader knows only the plainest framing: whatever Gatehouse sends must be that plain.
struct SeenRequest: Equatable, CustomStringConvertible {
    /// Every byte up to and with the empty line.
    var head = ""
    /// The payload, without chunk framing.
    var body = ""
    /// The lines between the last chunk and the empty line.
    var trailers = ""
    var isComplete = false
    /// Which of the connections since the case began, from 1.
    var connection = 1

    var description: String {
        let parts = [head, body, trailers].map(\.debugDescription).joined(separator: " ")
        return "\(isComplete ? "" : "(cut) ")#\(connection) \(parts)"
    }
}

/// Cuts what came on one upstream connection into requests.
struct RequestReader {
    private enum State { case head, length(Int), chunkSize, chunk(Int), trailers }
    private var state = State.head
    private var bytes: [UInt8] = []
    /// The request being read; `head` is empty until it is complete.
    private(set) var current = SeenRequest()
    private(set) var hasBegun = false

    /// Adds bytes.
    /// - Returns: the requests that they complete.
    /// - Throws: when they are not what a gateway may send.
    mutating func add(_ more: [UInt8]) throws -> [SeenRequest] {
        bytes += more
        hasBegun = hasBegun || !more.isEmpty
        var complete: [SeenRequest] = []
        while try step() {
            guard current.isComplete else { continue }
            complete.append(current)
            current = SeenRequest()
            hasBegun = !bytes.isEmpty
            state = .head
        }
        return complete
    }

    /// - Returns: was there progress?
    private mutating func step() throws -> Bool {
        switch state {
        case .head:
            guard let head = take(through: "\r\n\r\n") else { return false }
            current.head = head
            let lines = head.lowercased().split(separator: "\r\n")
            if let length = lines.first(where: { $0.hasPrefix("content-length: ") }) {
                guard let count = Int(length.dropFirst(16)) else { throw StageError("a strange length: \(length)") }
                state = .length(count)
            } else if lines.contains("transfer-encoding: chunked") {
                state = .chunkSize
            } else {
                current.isComplete = true
            }
        case .length(let left):
            let count = min(left, bytes.count)
            current.body += take(count)
            state = .length(left - count)
            if left == count { current.isComplete = true } else if count == 0 { return false }
        case .chunkSize:
            guard let line = take(through: "\r\n") else { return false }
            guard let size = Int(line.dropLast(), radix: 16) else {
                throw StageError("a strange chunk: \(line.debugDescription)")
            }
            state = size == 0 ? .trailers : .chunk(size)
        case .chunk(let size):
            guard bytes.count >= size + 2 else { return false }
            current.body += take(size)
            guard take(2) == "\r\n" else { throw StageError("a chunk without its line end") }
            state = .chunkSize
        case .trailers:
            guard let line = take(through: "\r\n") else { return false }
            if line == "\r\n" { current.isComplete = true } else { current.trailers += line }
        }
        return true
    }

    private mutating func take(_ count: Int) -> String {
        defer { bytes.removeFirst(count) }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    private mutating func take(through end: String) -> String? {
        bytes.firstRange(of: Array(end.utf8)).map { take($0.upperBound) }
    }
}

/// An answer as it came to the client.
struct SeenAnswer {
    var status = 0
    var head = ""
    var body = ""
    var trailers = ""
    /// Is the framing's end in? An answer that ends with the connection never is.
    var isComplete = false
    /// The interim answers before it.
    var interim: [Int] = []

    /// The value of a field, or nil.
    func field(_ name: String) -> String? {
        for line in head.split(separator: "\r\n").dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == name.lowercased() else { continue }
            return parts[1].trimmingPrefix(" ").description
        }
        return nil
    }

    /// The reason in `Proxy-Status`; nil without one.
    var reason: String? {
        guard let status = field("Proxy-Status"), let start = status.firstRange(of: "details=\"") else { return nil }
        return status[start.upperBound...].split(separator: "\"").first.map(String.init)
    }
}

extension SeenAnswer {
    /// Reads the next answer from the front of `bytes`.
    /// - Returns: nil while its head is not complete; else the answer and how many bytes it has taken.
    static func read(_ bytes: [UInt8], toHead: Bool) -> (answer: SeenAnswer, taken: Int)? {
        var answer = SeenAnswer()
        var rest = bytes[...]
        while true {
            guard let head = line(&rest, through: "\r\n\r\n"), let status = Int(head.dropFirst(9).prefix(3)) else { return nil }
            answer.status = status
            answer.head = head
            guard (100..<200).contains(status), status != 101 else { break }
            answer.interim.append(status)
        }
        let hasNoBody = toHead || answer.status == 101 || answer.status == 204 || answer.status == 304
        if hasNoBody {
            answer.isComplete = true
        } else if let length = answer.field("Content-Length").flatMap({ Int($0) }) {
            answer.body = String(decoding: rest.prefix(length), as: UTF8.self)
            answer.isComplete = rest.count >= length
            rest = rest.dropFirst(length)
        } else if answer.field("Transfer-Encoding") == "chunked" {
            answer.isComplete = readChunks(&rest, &answer)
        } else {
            answer.body = String(decoding: rest, as: UTF8.self)
            rest = []
        }
        return (answer, bytes.count - rest.count)
    }

    private static func readChunks(_ rest: inout ArraySlice<UInt8>, _ answer: inout SeenAnswer) -> Bool {
        while let line = line(&rest, through: "\r\n"), let size = Int(line.dropLast(), radix: 16) {
            if size == 0 {
                while let trailer = Self.line(&rest, through: "\r\n") {
                    if trailer == "\r\n" { return true }
                    answer.trailers += trailer
                }
                return false
            }
            answer.body += String(decoding: rest.prefix(size), as: UTF8.self)
            rest = rest.dropFirst(size + 2)
        }
        return false
    }

    private static func line(_ rest: inout ArraySlice<UInt8>, through end: String) -> String? {
        guard let found = rest.firstRange(of: Array(end.utf8)) else { return nil }
        defer { rest = rest[found.upperBound...] }
        return String(decoding: rest[..<found.upperBound], as: UTF8.self)
    }
}
