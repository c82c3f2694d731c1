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

    /// Makes a key.
    /// - Returns: as a JWKS has it.
    package func key(_ name: String) async throws -> String { try await TokenKey(name, in: directory).make() }

    /// The field line of a request with a token that this key has signed.
    package func login(_ key: String) async throws -> String {
        let token = try await TokenKey(key, in: directory).token("{\"sub\":\"ann\",\"exp\":32503680000}")
        return "Authorization: Bearer \(token)\r\n"
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
