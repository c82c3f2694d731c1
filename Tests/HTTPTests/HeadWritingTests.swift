import Testing

@testable import HTTP

@Suite struct HeadWritingTests {
    private static func writeAll(_ out: inout OutputSpan<UInt8>) {
        let source = bytes("0123456789")
        out.write("HTTP/1.1 ")
        out.write(decimal: 0)
        out.write(0x20)
        out.write(source)
        out.write(source, 3..<5)
        out.write(source.span, 5..<5)
        out.write(decimal: 1_203)
        out.write("")
        out.write(decimal: UInt64.max)
        out.write("\r\n")
    }

    private let whole = "HTTP/1.1 0 0123456789341203\(UInt64.max)\r\n"

    @Test func `Room that is too small is filled up and no further`() {
        for room in 0...whole.utf8.count + 3 {
            var out = bytes("<")
            var isFull = false
            out.append(addingCapacity: room) {
                Self.writeAll(&$0)
                isFull = $0.isFull
            }
            #expect(out == bytes("<") + bytes(whole).prefix(room))
            #expect(isFull == (room <= whole.utf8.count))
        }
    }

    @Test func `Whatever is guessed, all is appended once, behind what is there`() {
        for room in 0...whole.utf8.count + 3 {
            var out = bytes("<")
            out.append(guessing: room, Self.writeAll)
            #expect(text(out) == "<" + whole)
        }
    }

    @Test(arguments: [0, 9, 10, 99, 100, 101, 4096, UInt64(Int64.max), UInt64.max])
    func `Numbers are written in decimal and hexadecimal without leading zeros`(_ number: UInt64) {
        #expect(written { $0.write(decimal: number) } == String(number))
        #expect(written { $0.write(hex: number) } == String(number, radix: 16))
    }

    @Test func `A head that grows as it is forwarded is whole`() throws {
        var limits = HeadLimits()
        limits.maxHeadBytes = 1 << 20
        limits.maxFields = 10_000
        let long = String(repeating: "v", count: 5_000)
        for count in [1, 50, 2_000, 10_000] {
            // Each line gets a space, and the configuration has much to say.
            let source = "GET / HTTP/1.1\r\nHost:a\r\n" + String(repeating: "b:c\r\n", count: count - 1) + "\r\n"
            let head = RequestHead()
            let input = bytes(source)
            #expect(try head.parse(input.span, limits: limits) == input.count)
            let policy = RequestFieldPolicy(FieldRules(set: [try #require(ConfiguredField("X-Long", long))]))
            let target = UpstreamTarget(authority: bytes("up"), rewrite: try #require(PathRewrite()))
            let client = ClientPeer(
                address: IPAddress("192.0.2.7"), port: 1, scheme: .http, listenerPort: 80, isTrusted: false)
            let sent = written {
                ForwardedHead.writeRequest(
                    head, UpstreamRequest(target: target, remainder: 0, framing: .none), policy: policy, client: client, to: &$0)
            }
            #expect(
                sent.hasPrefix("GET / HTTP/1.1\r\nHost: up\r\n" + String(repeating: "b: c\r\n", count: count - 1) + "X-"))
            #expect(sent.hasSuffix("X-Long: \(long)\r\n\r\n"))
        }
    }
}
