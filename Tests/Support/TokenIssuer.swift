import Foundation
import Testing

/// An issuer of tokens that shows its keys over TLS; its tokens are signed by openssl(1).
package struct TokenIssuer {
    package let directory: TemporaryDirectory
    package let certificate: MadeCertificate
    private let name: String

    /// - Parameter name: of its files in the directory.
    package init(_ name: String = "issuer", in directory: TemporaryDirectory) async throws {
        self.name = name
        self.directory = directory
        certificate = try await MadeCertificate.make(name, in: directory, names: ["IP:127.0.0.1"])
    }

    private static func openssl(_ arguments: [String]) async throws -> [UInt8] {
        let outcome = try await Command.run("openssl", arguments)
        try #require(outcome.exit == .code(0), "\(outcome)")
        return outcome.output
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// Makes a key.
    /// - Returns: as a JWKS has it.
    package func key(_ name: String) async throws -> String {
        _ = try await Self.openssl(["genpkey", "-algorithm", "ED25519", "-out", "\(directory.path)/\(name).pem"])
        let der = try await Self.openssl(["pkey", "-in", "\(directory.path)/\(name).pem", "-pubout", "-outform", "DER"])
        return "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"\(name)\",\"x\":\"\(Self.base64(Array(der.suffix(32))))\"}"
    }

    /// The line of a token that this key has signed.
    package func login(_ key: String) async throws -> String {
        let head = Self.base64(Array("{\"alg\":\"EdDSA\",\"kid\":\"\(key)\"}".utf8))
        let body = "\(head).\(Self.base64(Array("{\"sub\":\"ann\",\"exp\":32503680000}".utf8)))"
        let file = try directory.write("message", body)
        let signature = try await Self.openssl(
            ["pkeyutl", "-sign", "-inkey", "\(directory.path)/\(key).pem", "-rawin", "-in", file])
        return "Authorization: Bearer \(body).\(Self.base64(signature))\r\n"
    }

    /// From now on it says this.
    package func say(_ body: String, _ status: Int = 200) throws { try directory.write("\(name).said", "\(status)\n\(body)") }

    /// - Returns: with its port; its further lines tell what it was asked for.
    package func start() async throws -> (process: ChildProcess, port: String) {
        let process = try ChildProcess(
            "python3",
            [Place.peer("jwks_server.py"), certificate.file, certificate.keyFile, "\(directory.path)/\(name).said"])
        return (process, try await process.output.first("the issuer's port") { Int($0) != nil })
    }
}
