import HTTP

/// A command line that asks the same again: for a person to paste into a shell, whatever a client has put into its request.
///
/// Every word is quoted, so that a shell expands nothing in it and a terminal obeys nothing in it. Secrets have a placeholder.
struct CurlCommand {
    var method: [UInt8]
    var isTLS: Bool
    /// Host and port; empty if the request named none.
    var authority: [UInt8]
    /// Where the gateway listens.
    var port: UInt16
    /// Path and query.
    var target: [UInt8]
    var version: Int?
    /// Already without secrets.
    var fields: [(name: [UInt8], value: [UInt8])]
    var hasBody: Bool

    /// What curl makes itself, or what says how one connection carries it (RFC 9110 §7.6.1, §8.6).
    private static let own: Set = ["host", "content-length", "transfer-encoding", "expect", "te", "trailer", "keep-alive"]

    /// The command; nil if curl cannot ask so: of a target without a path.
    var text: [UInt8]? {
        guard target.first == UInt8(ascii: "/"), !target.contains(UInt8(ascii: "#")) else { return nil }
        var out = Array("curl --path-as-is --globoff --include".utf8)
        if method == Array("HEAD".utf8) {
            out.append(" --head")
        } else if method != Array("GET".utf8) || hasBody {
            add("--request", method, to: &out)
        }
        if let version { out.append(version == 2 ? " --http2" : version == 1 ? " --http1.1" : " --http1.0") }
        var has: Set<String> = []
        for (name, value) in fields {
            let lower = String(decoding: name, as: UTF8.self).lowercased()
            if Self.own.contains(lower) { continue }
            has.insert(lower)
            // An empty value takes curl's own field out unless it is asked for by a semicolon.
            add("--header", name + (value.isEmpty ? [0x3B] : [0x3A, 0x20] + value), to: &out)
        }
        for name in ["Accept", "User-Agent"] where !has.contains(name.lowercased()) {
            add("--header", Array("\(name):".utf8), to: &out)
        }
        if hasBody {
            // curl would name a type of its own.
            if !has.contains("content-type") { add("--header", Array("Content-Type:".utf8), to: &out) }
            out.append(" --data-binary @BODY")
        }
        let host = authority.isEmpty ? Array("localhost:\(port)".utf8) : authority
        out.append(0x20)
        Self.quote(Array((isTLS ? "https://" : "http://").utf8) + host + target, to: &out)
        return out
    }

    private func add(_ option: StaticString, _ value: [UInt8], to out: inout [UInt8]) {
        out.append(0x20)
        out.append(option)
        out.append(0x20)
        Self.quote(value, to: &out)
    }

    /// A word of a shell's command line that stands for just these bytes: in single quotes, or, where some are not printable
    /// ASCII, in dollar-single-quotes (POSIX.1-2024, XCU 2.2.4), which bash, zsh and ksh know. A zero byte, which no word can
    /// have, ends it.
    static func quote(_ bytes: [UInt8], to out: inout [UInt8]) {
        let isPlain = bytes.allSatisfy { 0x20..<0x7F ~= $0 }
        out.append(isPlain ? "'" : "$'")
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "'"): out.append(isPlain ? "'\\''" : "\\'")
            case UInt8(ascii: "\\") where !isPlain: out.append("\\\\")
            case 0x20..<0x7F: out.append(byte)
            default:
                // Three digits, so that one behind it is no part of it.
                out.append(0x5C)
                for shift in [6, 3, 0] { out.append(0x30 + (byte >> shift) & 7) }
            }
        }
        out.append("'")
    }
}
