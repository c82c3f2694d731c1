import ACME

/// The system's store, from which OpenSSL, GnuTLS, curl, Python, Go and others take their roots: a directory for those of the
/// administrator, and a program that makes bundles of it.
struct SystemStore: TrustStore {
    let name = "system"

    private struct Layout {
        var folder: String
        var suffix: String
        var command: [String]
        /// Arguments without which what is gone stays trusted.
        var removing: [String] = []
    }

    /// Debian and Ubuntu; Fedora and its kin; Arch; SUSE.
    private static let layouts = [
        Layout(
            folder: "/usr/local/share/ca-certificates", suffix: ".crt", command: ["update-ca-certificates"],
            removing: ["--fresh"]),
        Layout(folder: "/etc/pki/ca-trust/source/anchors", suffix: ".pem", command: ["update-ca-trust", "extract"]),
        Layout(folder: "/etc/ca-certificates/trust-source/anchors", suffix: ".crt", command: ["trust", "extract-compat"]),
        Layout(folder: "/etc/pki/trust/anchors", suffix: ".pem", command: ["update-ca-certificates"]),
    ]

    private var layout: Layout? { Self.layouts.first { StateDirectory.exists($0.folder) } }

    private static let absence = TrustChange.absent("no directory of ca-certificates is here")

    func install(_ root: TrustedRoot) throws(TrustFailure) -> [TrustChange] {
        guard let layout else { return [Self.absence] }
        let (folder, file) = (StateDirectory(layout.folder, isPublic: true), root.alias + layout.suffix)
        do throws(ACMEError) {
            if try folder.read(file) == Array(root.pem.utf8) { return [.nothingToDo("\(layout.folder)/\(file)")] }
            try folder.write(Array(root.pem.utf8), to: file)
        } catch {
            throw TrustFailure(error.description)
        }
        try mustRun(layout.command[0], Array(layout.command.dropFirst()))
        return [.done("\(layout.folder)/\(file)")]
    }

    func remove(_ root: TrustedRoot) throws(TrustFailure) -> [TrustChange] {
        guard let layout else { return [Self.absence] }
        let (folder, file) = (StateDirectory(layout.folder, isPublic: true), root.alias + layout.suffix)
        do throws(ACMEError) {
            guard try folder.read(file) != nil else { return [.nothingToDo(layout.folder)] }
            try folder.remove(file)
        } catch {
            throw TrustFailure(error.description)
        }
        try mustRun(layout.command[0], layout.command.dropFirst() + layout.removing)
        return [.done("\(layout.folder)/\(file)")]
    }
}
