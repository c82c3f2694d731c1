import TLS
import Testing

/// The name in a client's first bytes, by value.
@Suite struct HelloNameTests {
    private static func two(_ number: Int) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xFF)] }

    /// A ClientHello without its record.
    private static func message(name: String?, padding: Int = 0) -> [UInt8] {
        var extensions: [UInt8] = [0x00, 0x2B] + two(3) + [2, 3, 4]
        if padding > 0 { extensions += [0x00, 0x15] + two(padding) + [UInt8](repeating: 0, count: padding) }
        if let name {
            let entry = [0] + two(name.utf8.count) + Array(name.utf8)
            extensions += [0, 0] + two(entry.count + 2) + two(entry.count) + entry
        }
        let start = [3, 3] + [UInt8](repeating: 7, count: 32) + [2, 1, 2] + two(2) + [0x13, 0x01, 1, 0]
        let body = start + two(extensions.count) + extensions
        return [1, 0] + two(body.count) + body
    }

    /// In records of so many bytes.
    private static func records(_ message: [UInt8], of size: Int = 16_384) -> [UInt8] {
        stride(from: 0, to: message.count, by: size).flatMap { start in
            let part = message[start..<min(start + size, message.count)]
            return [22, 3, 1] + two(part.count) + part
        }
    }

    @Test(
        "a hello's name is read, whatever the records it comes in",
        arguments: [1, 2, 5, 40, 16_384], ["a.example", "A.Example.", "xn--e1afmkfd.example"])
    func name(size: Int, name: String) {
        let bytes = Self.records(Self.message(name: name), of: size)
        let expected = name.hasSuffix(".") ? "a.example" : name.lowercased()
        #expect(HelloName.read(bytes.span) == .hello(name: expected))
        // Whatever is missing of it, more has to come; what follows it is not looked at.
        for end in 0..<bytes.count { #expect(HelloName.read(bytes.span.extracting(0..<end)) == .incomplete, "\(end)") }
        #expect(HelloName.read((bytes + [0xFF, 0xFF]).span) == .hello(name: expected))
    }

    @Test("a hello without a name, or without extensions, asks for none")
    func noName() {
        #expect(HelloName.read(Self.records(Self.message(name: nil)).span) == .hello(name: nil))
        let bare: [UInt8] = [3, 3] + [UInt8](repeating: 7, count: 32) + [0, 0, 2, 0x13, 0x01, 1, 0]
        #expect(HelloName.read(Self.records([1, 0] + Self.two(bare.count) + bare).span) == .hello(name: nil))
    }

    @Test(
        "what is no hello is told at once",
        arguments: [
            ("GET / HTTP/1.1\r\n", "no handshake of TLS"), ("SSH-2.0-x\r\n", "no handshake of TLS"),
            ("\u{16}\u{2}\u{0}\u{0}\u{1}", "no version"),
            ("\u{16}\u{3}\u{1}\u{0}\u{0}", "a record of 0 bytes"), ("\u{16}\u{3}\u{1}\u{0}\u{1}\u{2}", "no ClientHello"),
        ])
    func noHello(text: String, words: String) {
        guard case .malformed(let fault) = HelloName.read(Array(text.utf8).span) else {
            Issue.record("it is taken")
            return
        }
        #expect(fault.contains(words))
    }

    @Test("each length that is wrong is a fault, and no crash")
    func wrongLengths() {
        let message = Self.message(name: "a.example")
        for place in 4..<message.count {
            for value in [0, 1, 0x7F, 0xFF] as [UInt8] {
                var changed = message
                changed[place] = value
                // It is read in some way, and the answer is one for the whole message.
                #expect(HelloName.read(Self.records(changed).span) != .incomplete, "\(place)")
            }
        }
        #expect(HelloName.read(Self.records(Self.message(name: "a b")).span) == .malformed("a server name that is none"))
        #expect(HelloName.read(Self.records(Self.message(name: "")).span) == .malformed("a server name that is none"))
    }

    @Test("a hello that does not come to its end is given up")
    func tooLong() {
        let bytes = Self.records(Self.message(name: "a.example", padding: 20_000))
        #expect(HelloName.read(bytes.span.extracting(0..<HelloName.maxHelloBytes - 1)) == .incomplete)
        #expect(HelloName.read(bytes.span.extracting(0..<HelloName.maxHelloBytes)) == .malformed("longer than 16384 bytes"))
    }
}
