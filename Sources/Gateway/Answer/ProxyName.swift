/// The name by which `Proxy-Status` knows this gateway (RFC 9209 §2).
struct ProxyName: Sendable, Equatable {
    /// The name as `Proxy-Status` writes it: a token, or a string in quotes (RFC 8941 §3.3.3, §3.3.4).
    let text: [UInt8]

    /// - Parameter name: `server.name`. What such a field cannot hold becomes a question mark.
    init(_ name: String = "gatehouse") {
        let isToken = name.utf8.first.map(Self.beginsToken) == true && name.utf8.allSatisfy(Self.isTokenByte)
        guard !isToken else {
            text = Array(name.utf8)
            return
        }
        var quoted: [UInt8] = [UInt8(ascii: "\"")]
        for scalar in name.unicodeScalars {
            guard (0x20..<0x7F).contains(scalar.value), let byte = UInt8(exactly: scalar.value) else {
                quoted.append(UInt8(ascii: "?"))
                continue
            }
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { quoted.append(UInt8(ascii: "\\")) }
            quoted.append(byte)
        }
        text = quoted + [UInt8(ascii: "\"")]
    }

    private static func beginsToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "*"): true
        default: false
        }
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        beginsToken(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "!#$%&'+-.^_`|~:/".utf8.contains(byte)
    }
}
