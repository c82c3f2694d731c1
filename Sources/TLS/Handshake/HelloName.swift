/// The name that a client's first bytes ask for (SNI), read without answering them: for connections that are passed on as they
/// are. Only what leads to the name is read; whether the rest is right is the server's affair.
package enum HelloName {
    /// What the bytes are.
    package enum Reading: Sendable, Equatable {
        /// More has to come.
        case incomplete
        /// A hello; the name in lower case and without a dot at its end, nil if it asks for none.
        case hello(name: String?)
        /// They begin no hello of TLS, or break its rules: how.
        case malformed(String)
    }

    /// Bytes of the longest hello that is read, with its records' headers: a client with many key shares sends some thousands.
    package static let maxHelloBytes = 16_384

    /// Reads what has come.
    package static func read(_ bytes: Span<UInt8>) -> Reading {
        do throws(Stop) {
            var hello = try message(of: bytes)[...]
            return .hello(name: try name(in: &hello))
        } catch {
            switch error {
            case .incomplete: return bytes.count >= maxHelloBytes ? .malformed("longer than \(maxHelloBytes) bytes") : .incomplete
            case .malformed(let fault): return .malformed(fault)
            }
        }
    }

    private enum Stop: Error {
        case incomplete
        case malformed(String)
    }

    /// The ClientHello without its header, put together of its records (RFC 8446 §5.1).
    private static func message(of bytes: Span<UInt8>) throws(Stop) -> [UInt8] {
        var message: [UInt8] = []
        var offset = 0
        while true {
            guard offset < bytes.count else { throw .incomplete }
            guard bytes[offset] == 22 else { throw .malformed("no handshake of TLS") }
            guard bytes.count - offset >= 5 else { throw .incomplete }
            guard bytes[offset + 1] == 3 else { throw .malformed("no version of TLS") }
            let length = Int(bytes[offset + 3]) << 8 | Int(bytes[offset + 4])
            guard 1...16_384 ~= length else { throw .malformed("a record of \(length) bytes") }
            let end = min(bytes.count, offset + 5 + length)
            for index in offset + 5..<end { message.append(bytes[index]) }
            if let first = message.first, first != 1 { throw .malformed("no ClientHello") }
            if message.count >= 4 {
                let whole = 4 + (Int(message[1]) << 16 | Int(message[2]) << 8 | Int(message[3]))
                if message.count >= whole { return Array(message[4..<whole]) }
            }
            guard end == offset + 5 + length else { throw .incomplete }
            offset = end
        }
    }

    /// RFC 8446 §4.1.2, and the extension server_name of RFC 6066 §3.
    private static func name(in hello: inout ArraySlice<UInt8>) throws(Stop) -> String? {
        // legacy_version and random.
        _ = try take(34, &hello)
        _ = try vector(1, &hello)
        _ = try vector(2, &hello)
        _ = try vector(1, &hello)
        if hello.isEmpty { return nil }
        var extensions = try vector(2, &hello)
        while !extensions.isEmpty {
            let type = try number(2, &extensions)
            var content = try vector(2, &extensions)
            if type == 0 { return try serverName(&content) }
        }
        return nil
    }

    private static func serverName(_ content: inout ArraySlice<UInt8>) throws(Stop) -> String? {
        var list = try vector(2, &content)
        while !list.isEmpty {
            let type = try number(1, &list)
            let name = try vector(2, &list)
            guard type == 0 else { continue }
            guard (1...255).contains(name.count), name.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw .malformed("a server name that is none")
            }
            return TLSServerNames.normal(String(decoding: name, as: UTF8.self))
        }
        return nil
    }

    private static func number(_ size: Int, _ bytes: inout ArraySlice<UInt8>) throws(Stop) -> Int {
        try take(size, &bytes).reduce(0) { $0 << 8 | Int($1) }
    }

    private static func vector(_ size: Int, _ bytes: inout ArraySlice<UInt8>) throws(Stop) -> ArraySlice<UInt8> {
        try take(number(size, &bytes), &bytes)
    }

    private static func take(_ count: Int, _ bytes: inout ArraySlice<UInt8>) throws(Stop) -> ArraySlice<UInt8> {
        guard bytes.count >= count else { throw .malformed("a length beyond its end") }
        defer { bytes = bytes.dropFirst(count) }
        return bytes.prefix(count)
    }
}
