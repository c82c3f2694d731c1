import Foundation
import Testing

@testable import TLS

@Suite("kTLS")
struct KernelTLSTests {
    @Test("is told as the kernel lists it")
    func told() throws {
        #expect(KernelTLS.kernel(["espintcp", "mptcp", "tls"]) == "the kernel has it")
        #expect(KernelTLS.kernel(["mptcp"]) == "the kernel has no tls module loaded")
        #expect(KernelTLS.kernel([]) == "the kernel has no tls module loaded")
        #expect(KernelTLS.kernel(nil) == "the kernel does not tell whether it has it")
        let list = try? String(contentsOfFile: "/proc/sys/net/ipv4/tcp_available_ulp", encoding: .utf8)
        let words = list.map { $0.split { $0 == " " || $0 == "\n" } }
        #expect(KernelTLS.summary.hasPrefix("not used; \(KernelTLS.kernel(words)), OpenSSL is built "))
    }
}
