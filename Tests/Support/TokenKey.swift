import Foundation
import Testing

/// An Ed25519 key of a test's own, by which openssl(1) signs tokens (RFC 8037).
package struct TokenKey: Sendable {
    private let name: String
    private let directory: TemporaryDirectory

    /// - Parameters:
    ///   - name: the key's `kid`, and the name of its file.
    ///   - directory: where the key is kept.
    package init(_ name: String, in directory: TemporaryDirectory) {
        self.name = name
        self.directory = directory
    }

    private var path: String { "\(directory.path)/\(name).pem" }

    /// Makes the key.
    /// - Returns: its public part, as a member of a JWKS.
    package func make() async throws -> String {
        _ = try await Self.openssl(["genpkey", "-algorithm", "ED25519", "-out", path])
        let der = try await Self.openssl(["pkey", "-in", path, "-pubout", "-outform", "DER"])
        return "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"\(name)\",\"x\":\"\(Self.base64URL(Array(der.suffix(32))))\"}"
    }

    /// A token that the key, once made, has signed.
    /// - Parameter claims: the token's payload, as JSON.
    package func token(_ claims: String) async throws -> String {
        let head = Self.base64URL(Array("{\"alg\":\"EdDSA\",\"kid\":\"\(name)\"}".utf8))
        let body = "\(head).\(Self.base64URL(Array(claims.utf8)))"
        let file = try directory.write("message", body)
        return "\(body).\(Self.base64URL(try await Self.openssl(["pkeyutl", "-sign", "-inkey", path, "-rawin", "-in", file])))"
    }

    private static func openssl(_ arguments: [String]) async throws -> [UInt8] {
        let outcome = try await Command.run("openssl", arguments)
        try #require(outcome.exit == .code(0), "\(outcome)")
        return outcome.output
    }

    private static func base64URL(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
