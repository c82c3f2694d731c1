import Glibc
import Testing

@testable import Transport

@Suite struct SocketAddressTests {
    @Test(
        arguments: [
            ("192.0.2.1", 443, "192.0.2.1", "192.0.2.1:443"), ("0.0.0.0", 0, "0.0.0.0", "0.0.0.0:0"),
            ("::1", 8443, "::1", "[::1]:8443"), ("2001:0DB8::0001", 65535, "2001:db8::1", "[2001:db8::1]:65535"),
            ("::", 80, "::", "[::]:80"),
        ] as [(String, UInt16, String, String)])
    func `a literal is written back in the canonical form`(literal: String, port: UInt16, host: String, text: String) throws {
        let address = try #require(SocketAddress(literal: literal, port: port))
        #expect(address.host == host)
        #expect(address.description == text)
        #expect(SocketAddress(address.storage.0) == address)
    }

    @Test(arguments: ["", "localhost", "192.0.2", "192.0.2.256", "[::1]", "::1%lo", "1.2.3.4:80", " ::1", ":::"])
    func `anything else is no literal`(text: String) {
        #expect(SocketAddress(literal: text, port: 1) == nil)
    }

    @Test func `an IPv4 client of a dual-stack listener is an IPv4 client`() throws {
        let mapped = try #require(SocketAddress(literal: "::ffff:192.0.2.1", port: 5))
        #expect(SocketAddress(mapped.storage.0).description == "192.0.2.1:5")
    }

    @Test func `a link-local address keeps its interface`() {
        let address = SocketAddress(family: .ipv6, bytes: [0xFE, 0x80] + [UInt8](repeating: 1, count: 14), port: 1, scope: 7)
        #expect(SocketAddress(address.storage.0).scope == 7)
    }

    @Test func `the kernel gets the size of each family's form`() throws {
        #expect(try #require(SocketAddress(literal: "127.0.0.1", port: 1)).storage.1 == 16)
        #expect(try #require(SocketAddress(literal: "::1", port: 1)).storage.1 == 28)
        let path = Array("/run/gatehouse.sock".utf8)
        let unix = SocketAddress(family: .unix, bytes: path, port: 0)
        #expect(Int(unix.storage.1) == 2 + path.count + 1)
        #expect(unix.description == "unix:/run/gatehouse.sock")
    }
}
