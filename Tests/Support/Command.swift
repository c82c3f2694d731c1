import Foundation

/// A program run to its end.
package enum Command {
    package struct Outcome: Sendable, CustomStringConvertible {
        package let exit: ChildProcess.Exit
        package let output: [UInt8]
        package let errors: String

        package var text: String { String(decoding: output, as: UTF8.self) }
        package var code: Int32 { if case .code(let code) = exit { code } else { -1 } }
        package var description: String { "\(exit)\n\(output.count > 2000 ? "(\(output.count) bytes)" : text)\n\(errors)" }
    }

    /// - Parameters:
    ///   - input: what is written to its standard input, which stays open until it ends.
    ///   - seconds: how long its end is waited for at most: some programs have much to do.
    package static func run(
        _ program: String, _ arguments: [String] = [], directory: String? = nil, environment: [String: String] = [:],
        input: String? = nil, within seconds: Int = Place.patience
    ) async throws -> Outcome {
        let child = try ChildProcess(program, arguments, directory: directory, environment: environment)
        if let input { try child.write(input) }
        let exit = try await child.exit(within: seconds)
        return Outcome(exit: exit, output: child.outputBytes, errors: child.errors.all.joined(separator: "\n"))
    }

    /// curl, quiet but for errors, over HTTP/1.1.
    package static func curl(_ arguments: [String]) async throws -> Outcome {
        try await run("curl", ["-sS", "--http1.1", "--max-time", "\(Place.patience)", "--noproxy", "*"] + arguments)
    }

    /// curl over HTTP/2 to a TLS port, by the certificates of the tests.
    package static func curl2(_ certificates: Certificates, _ arguments: [String]) async throws -> Outcome {
        try await run(
            "curl",
            [
                "-sS", "--http2", "--max-time", "\(Place.patience)", "--noproxy", "*", "--cacert", certificates.authority,
            ] + arguments)
    }

    /// `openssl s_client` to a port; what it says of the connection, without input.
    package static func sClient(_ port: FreePort, _ arguments: [String]) async throws -> Outcome {
        let child = try ChildProcess("openssl", ["s_client", "-connect", "127.0.0.1:\(port)"] + arguments + ["-no_ign_eof"])
        _ = try? child.write("Q\n")
        let exit = try await child.exit()
        return Outcome(exit: exit, output: child.outputBytes, errors: child.errors.all.joined(separator: "\n"))
    }
}
