import FoundationEssentials
import Synchronization

/// Prints what a tap sends as it comes.
final class TapPrinting: Sendable {
    private struct State {
        var line: [UInt8] = []
        var left: Int?
    }

    /// Bytes of one line: many times the longest.
    private static let maxLineBytes = 1 << 20

    private let state: Mutex<State>
    private let isJSON: Bool
    private let showsCommands: Bool

    /// - Parameter most: lines after which it is enough; nil: none.
    init(isJSON: Bool, showsCommands: Bool, most: Int?) {
        state = Mutex(State(left: most))
        self.isJSON = isJSON
        self.showsCommands = showsCommands
    }

    /// - Returns: is more wanted?
    func take(_ bytes: Span<UInt8>) -> Bool {
        guard let lines = wholeLines(bytes) else { return false }
        for line in lines where !show(line) { return false }
        return true
    }

    /// - Returns: the lines that these bytes bring to their end; nil if one is too long.
    private func wholeLines(_ bytes: Span<UInt8>) -> [[UInt8]]? {
        var lines: [[UInt8]] = []
        let isTooLong = state.withLock { state in
            for index in bytes.indices {
                if bytes[index] == 0x0A {
                    lines.append(state.line)
                    state.line.removeAll(keepingCapacity: true)
                } else {
                    state.line.append(bytes[index])
                }
            }
            return state.line.count > Self.maxLineBytes
        }
        return isTooLong ? nil : lines
    }

    /// - Returns: is more wanted?
    private func show(_ line: [UInt8]) -> Bool {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let shown = try? decoder.decode(TappedLine.self, from: Data(line))
        if shown?.tap != nil { return true }
        if isJSON {
            Console.say(String(decoding: line, as: UTF8.self))
        } else if let shown {
            Console.say(shown.text(showsCommand: showsCommands))
        }
        // Nobody gets any of it any more.
        if Console.outputFault != nil { return false }
        return state.withLock { state in
            guard let left = state.left, shown?.lost == nil else { return true }
            state.left = left - 1
            return left > 1
        }
    }
}

/// A line of a tap. What a client sent is in it byte by byte, as the first 256 characters of Unicode; names of the configuration
/// are as they are.
struct TappedLine: Decodable {
    var tap: String?
    var lost: Int?
    var time: String?
    // An exchange.
    var client, site, method, target, host, version, route, upstream, reason, key, detail, curl: String?
    var status, attempts: Int?
    var bytesOut: Int?
    var ms: Double?
    var tls: String?
    // A frame.
    var connection, direction, opcode: String?
    var fin: Bool?
    var length: UInt64?

    /// The event as text for a terminal, without control sequences.
    func text(showsCommand: Bool) -> String {
        if let lost { return "… \(lost) more are not shown: they came too fast" }
        let clock = time.map { String($0.dropFirst(11).dropLast(1)) } ?? ""
        if let opcode {
            let arrow = direction == "in" ? "->" : "<-"
            return "\(clock) \(connection ?? "") \(arrow) \(opcode) \(length ?? 0)\(fin == true ? "" : " (more follows)")"
        }
        var text = "\(clock) \(client ?? "-") \"\(method ?? "-") \(host ?? "")\(target ?? "-") \(version ?? "")\" \(status ?? 0)"
        text += " \(bytesOut ?? 0)"
        if let ms { text += " ms=\(ms)" }
        // Names of the configuration are texts, and stand as such.
        text = Self.printable(text) + Self.words([("site", site), ("route", route)])
        text += Self.printable(
            Self.words([("upstream", upstream), ("tls", tls), ("reason", reason), ("key", key), ("detail", detail)]))
        if let attempts, attempts > 1 { text += " attempts=\(attempts)" }
        // The command is printable already, and must stay as it is.
        if showsCommand, let curl { text += "\n  \(curl)" }
        return text
    }

    /// " name=value" of each that is there.
    private static func words(_ words: [(name: String, value: String?)]) -> String {
        words.map { name, value in
            guard let value else { return "" }
            return " \(name)=\(value.contains(" ") ? "\"\(value)\"" : value)"
        }.joined()
    }

    private static func printable(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            if (0x20..<0x7F).contains(scalar.value) || scalar == "…" {
                out.unicodeScalars.append(scalar)
            } else {
                out += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            }
        }
        return out
    }
}
