import Foundation
import Testing

@testable import TLS

/// OpenSSL's words, and what becomes of them.
@Suite("A failed handshake's cause")
struct HandshakeFaultWordTests {
    @Test(
        "is found in OpenSSL's words",
        arguments: [
            ("unsupported protocol", .noSharedVersion), ("version too low", .noSharedVersion),
            ("inappropriate fallback", .noSharedVersion), ("no shared cipher", .noSharedSuite),
            ("no suitable key share", .noSharedGroup), ("no suitable signature algorithm", .noSharedSignature),
            ("no application protocol", .noApplicationProtocol), ("peer did not return a certificate", .clientCertificateMissing),
            ("http request", .plainHTTP), ("tlsv1 alert unknown ca", .unknownAuthority),
            ("sslv3 alert certificate expired", .certificateExpired), ("sslv3 alert bad certificate", .certificateRefused),
            ("sslv3 alert certificate unknown", .certificateRefused), ("sslv3 alert handshake failure", .clientAlert),
            ("tlsv1 alert internal error", .clientAlert), ("bad record type", .malformed), ("length mismatch", .malformed),
            ("unexpected message", .malformed), ("excessive message size", .malformed),
            ("decryption failed or bad record mac", .malformed),
            ("nobody has heard of this", .other), ("", .other),
        ] as [(String, HandshakeFault)])
    func words(reason: String, fault: HandshakeFault) { #expect(HandshakeFault(reason: reason) == fault) }

    @Test("is said in words and with a remedy of its own kind, in printable ASCII", arguments: HandshakeFault.allCases)
    func said(fault: HandshakeFault) {
        for text in [fault.explanation, fault.remedy] {
            #expect(text.count > 15 && text.utf8.allSatisfy { 0x20...0x7E ~= $0 && $0 != 0x22 }, "\(text)")
        }
        #expect(HandshakeFault.allCases.count { $0.explanation == fault.explanation } == 1)
    }

    /// `other` is what no client of ours could bring about.
    @Test("is met by a real client in a test", arguments: HandshakeFault.allCases.filter { $0 != .other })
    func met(fault: HandshakeFault) throws {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let folders = ["GatewayTests", "Scenarios"].map { tests.appending(path: $0) }
        let texts = try folders.flatMap { folder in
            try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }
                .map { try String(contentsOf: folder.appending(path: $0), encoding: .utf8) }
        }
        #expect(texts.contains { $0.contains("\"\(fault.rawValue)\"") || $0.contains("cause=\(fault.rawValue) ") })
    }
}
