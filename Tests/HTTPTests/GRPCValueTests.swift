import Testing

@testable import HTTP

@Suite("What gRPC writes into messages")
struct GRPCValueTests {
    @Test(
        "a timeout is a number of at most eight digits and a unit",
        arguments: [
            ("1S", 1_000_000_000), ("100m", 100_000_000), ("7u", 7_000), ("12345678n", 12_345_678), ("2M", 120_000_000_000),
            ("1H", 3_600_000_000_000), ("0n", 0), ("99999999H", 3_162_240_000_000_000_000),
        ] as [(String, UInt64)])
    func timeout(_ text: String, _ nanoseconds: UInt64) {
        #expect(GRPC.timeout(bytes(text).span) == nanoseconds)
    }

    @Test("others are none", arguments: ["", "S", "1", "1s", "123456789S", "-1S", "1 S", "1SS", "0x1S"])
    func noTimeout(_ text: String) {
        #expect(GRPC.timeout(bytes(text).span) == nil)
    }

    @Test(
        "a call is known by its content type",
        arguments: [
            ("application/grpc", true), ("application/grpc+proto", true), ("Application/GRPC;a=b", true),
            ("application/grpc ; a", true),
            ("application/grpc-web", false), ("application/grpc-web+proto", false), ("application/grp", false),
            ("text/html", false),
        ])
    func call(_ type: String, _ isCall: Bool) throws {
        func head(_ method: String, _ isHTTP2: Bool) throws -> RequestHead {
            let head = RequestHead()
            if isHTTP2 { head.comesByHTTP2() }
            let text = "\(method) / HTTP/1.1\r\nHost: a\r\nContent-Type: \(type)\r\ngrpc-timeout: 3S\r\n\r\n"
            _ = try head.parse(bytes(text).span, limits: HeadLimits())
            return head
        }
        #expect(try head("POST", true).isGRPC == isCall)
        #expect(try !head("POST", false).isGRPC)
        #expect(try !head("GET", true).isGRPC)
        #expect(try head("POST", true).grpcTimeout == 3_000_000_000)
    }

    @Test("a status is read of trailers, and a message escaped")
    func words() {
        var fields = FieldSection()
        fields.append("x", "y")
        #expect(GRPC.status(in: fields) == nil)
        fields.append("Grpc-Status", "14")
        #expect(GRPC.status(in: fields) == 14)
        #expect(GRPC.message("50 % é\n") == "50 %25 %C3%A9%0A")
    }

    @Test(
        "each of HTTP's statuses is one of gRPC's",
        arguments: [(502, 14), (503, 14), (504, 14), (429, 14), (404, 12), (401, 16), (403, 7), (413, 8), (400, 13), (500, 13)])
    func statuses(_ http: Int, _ grpc: Int) {
        #expect(GRPC.Status(http: http).rawValue == grpc)
    }
}
