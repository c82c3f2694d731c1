import EventLoop
import Glibc

/// A root certificate that is to be trusted, or no longer.
struct TrustedRoot {
    /// PEM, as a file.
    let file: String
    let pem: String
    /// SHA-256, hexadecimal, upper case.
    let fingerprint: String
    /// What it is called in stores: the same for the same root.
    var alias: String { "gatehouse-" + fingerprint.prefix(16).lowercased() }
}

/// What became of a root in a store.
enum TrustChange {
    case done(String)
    /// It was so before.
    case nothingToDo(String)
    /// There is no such store here, and why not.
    case absent(String)
}

/// Why a store could not be changed.
struct TrustFailure: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}

/// A place where programs look for roots that they trust.
protocol TrustStore {
    /// The name of the store in `--only`.
    var name: String { get }
    func install(_ root: TrustedRoot) throws(TrustFailure) -> [TrustChange]
    func remove(_ root: TrustedRoot) throws(TrustFailure) -> [TrustChange]
}

extension TrustStore {
    /// Runs a program that the store needs.
    /// - Returns: nil if it is not there.
    func run(_ program: String, _ arguments: [String]) throws(TrustFailure) -> Program.Outcome? {
        do throws(SystemError) {
            return try Program(name: program).run(arguments)
        } catch {
            if error.code == ENOENT { return nil }
            throw TrustFailure("\(program): \(error)")
        }
    }

    /// Runs a program that the store needs and that must end with 0.
    func mustRun(_ program: String, _ arguments: [String]) throws(TrustFailure) {
        guard let outcome = try run(program, arguments) else { throw TrustFailure("\(program) is not there") }
        guard outcome.code == 0 else { throw TrustFailure("\(program): \(outcome.summary)") }
    }
}
