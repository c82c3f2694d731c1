import TestSupport
import Testing

@Suite("A circuit")
struct CircuitTests {
    @Test("of an upstream that takes connections again closes before its answer: nobody else is refused meanwhile")
    func circuitOfSlowAnswer() async throws {
        let gone = try Upstream { _, wire in _ = try wire.readToEnd() }
        let (number, port) = (gone.port, try FreePort())
        gone.stop()
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(number)",
            proxy: "[sites.proxy.passive_health]\ncircuit_fails = 1\ncircuit_open = \"100ms\"\n")
        try await Gatehouse.serving(toml) { gatehouse in
            let refused = try await Command.curl(["-i", "http://127.0.0.1:\(port)/x"])
            #expect(refused.text.hasPrefix("HTTP/1.1 502 "), "\(refused)")
            _ = try await gatehouse.log.first("that the circuit is open") { $0.contains("upstream circuit opened") }
            let mayAnswer = Signal()
            let back = try Upstream(port: number) { _, wire in
                guard let request = try wire.readRequest() else { return }
                if request.target == "/held" { mayAnswer.wait() }
                try wire.write(Upstream.ok("here", to: request))
            }
            async let held = onThread {
                let wire = try Wire(to: port.number)
                var status = 502
                while status == 502 {
                    try wire.write("GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    status = try wire.readAnswer().status
                }
                return status
            }
            _ = try await gatehouse.log.first("that the circuit is closed") { $0.contains("upstream circuit closed") }
            let other = try await Command.curl(["-i", "http://127.0.0.1:\(port)/y"])
            #expect(other.text.hasPrefix("HTTP/1.1 200 "), "\(other)")
            mayAnswer.fire()
            #expect(try await held == 200)
            withExtendedLifetime(back) {}
        }
    }
}
