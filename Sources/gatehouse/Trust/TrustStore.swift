import ACME
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
    /// As `--only` calls it.
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

    /// The same for one that must end with 0.
    func mustRun(_ program: String, _ arguments: [String]) throws(TrustFailure) {
        guard let outcome = try run(program, arguments) else { throw TrustFailure("\(program) is not there") }
        guard outcome.code == 0 else { throw TrustFailure("\(program): \(outcome.summary)") }
    }
}

/// The system's store, from which OpenSSL, GnuTLS, curl, Python, Go and others take their roots: a directory for those of the
/// administrator, and a program that makes bundles of it.
struct SystemStore: TrustStore {
    let name = "system"

    private struct Place {
        var folder: String
        var suffix: String
        var command: [String]
        /// Arguments without which what is gone stays trusted.
        var removing: [String] = []
    }

    /// Debian and Ubuntu; Fedora and its kin; Arch; SUSE.
    private static let places = [
        Place(
            folder: "/usr/local/share/ca-certificates", suffix: ".crt", command: ["update-ca-certificates"],
            removing: ["--fresh"]),
        Place(folder: "/etc/pki/ca-trust/source/anchors", suffix: ".pem", command: ["update-ca-trust", "extract"]),
        Place(folder: "/etc/ca-certificates/trust-source/anchors", suffix: ".crt", command: ["trust", "extract-compat"]),
        Place(folder: "/etc/pki/trust/anchors", suffix: ".pem", command: ["update-ca-certificates"]),
    ]

    private var place: Place? { Self.places.first { StateDirectory.exists($0.folder) } }

    private static let absence = TrustChange.absent("no directory of ca-certificates is here")

    func install(_ root: TrustedRoot) throws(TrustFailure) -> [TrustChange] {
        guard let place else { return [Self.absence] }
        let (folder, file) = (StateDirectory(place.folder, isPublic: true), root.alias + place.suffix)
        do throws(ACMEError) {
            if try folder.read(file) == Array(root.pem.utf8) { return [.nothingToDo("\(place.folder)/\(file)")] }
            try folder.write(Array(root.pem.utf8), to: file)
        } catch {
            throw TrustFailure(error.description)
        }
        try mustRun(place.command[0], Array(place.command.dropFirst()))
        return [.done("\(place.folder)/\(file)")]
    }

    func remove(_ root: TrustedRoot) throws(TrustFailure) -> [TrustChange] {
        guard let place else { return [Self.absence] }
        let (folder, file) = (StateDirectory(place.folder, isPublic: true), root.alias + place.suffix)
        do throws(ACMEError) {
            guard try folder.read(file) != nil else { return [.nothingToDo(place.folder)] }
            try folder.remove(file)
        } catch {
            throw TrustFailure(error.description)
        }
        try mustRun(place.command[0], place.command.dropFirst() + place.removing)
        return [.done("\(place.folder)/\(file)")]
    }
}
