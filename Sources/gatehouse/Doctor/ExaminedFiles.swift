import Configuration
import EventLoop
import Gateway
import TLS

/// Are certificates good, and do the files of a configuration belong to those alone who should have them?
struct ExaminedFiles {
    private let configuration: Configuration
    private let file: String

    /// - Parameter file: the configuration's own.
    init(_ configuration: Configuration, file: String) {
        self.configuration = configuration
        self.file = file
    }

    func findings() -> [Finding] {
        var findings = [mode(of: file, at: nil, isSecret: false)]
        for (index, site) in configuration.sites.enumerated() {
            guard let ssl = site.ssl, !ssl.autoCert else { continue }
            for (number, certificate) in ssl.allCertificates.enumerated() {
                let keyPath = number == 0 ? "sites[\(index)].ssl" : "sites[\(index)].ssl.certificates[\(number - 1)]"
                findings.append(validity(of: certificate.certFile, at: "\(keyPath).cert_file"))
                findings.append(mode(of: certificate.certFile, at: "\(keyPath).cert_file", isSecret: false))
                findings.append(mode(of: certificate.keyFile, at: "\(keyPath).key_file", isSecret: true))
                if let passphrase = certificate.passphraseFile {
                    findings.append(mode(of: passphrase, at: "\(keyPath).key_passphrase_file", isSecret: true))
                }
            }
        }
        for (upstream, keyPath) in configuration.servers {
            guard let key = upstream.clientKeyFile else { continue }
            findings.append(mode(of: key, at: "\(keyPath).client_key_file", isSecret: true))
        }
        var seen: [Finding] = []
        for case let finding? in findings where !seen.contains(where: { $0.isAbout(the: finding) }) { seen.append(finding) }
        return seen
    }

    /// How long a certificate is good. What is wrong with it, the plan's making has said.
    private func validity(of path: String, at keyPath: String) -> Finding? {
        guard let bytes = try? FileAccess.read(path, limit: 4 << 20),
            let leaf = CertificateReport.all(in: String(decoding: bytes, as: UTF8.self)).first, leaf.problems.isEmpty
        else { return nil }
        let names = leaf.names.prefix(4).joined(separator: " ") + (leaf.names.count > 4 ? " …" : "")
        return Finding(
            .certificates, .ok, path, "good until \(leaf.to), for \(names)", place: configuration.locationText(of: keyPath))
    }

    private func mode(of path: String, at keyPath: String?, isSecret: Bool) -> Finding? {
        // One that is missing, or is in a store, has no mode.
        guard let mode = FileAccess.mode(of: path) else { return nil }
        let place = keyPath.flatMap { configuration.locationText(of: $0) }
        let octal = String(mode, radix: 8)
        if mode & 0o002 != 0 {
            return Finding(
                .files, .error, path, "everybody may change it (mode \(octal))", remedy: "chmod o-w \(path)", place: place)
        }
        if isSecret, mode & 0o007 != 0 {
            return Finding(
                .files, .error, path, "everybody on this machine may read the secret in it (mode \(octal))",
                remedy: "chmod 600 \(path), with the user who starts the gateway as its owner", place: place)
        }
        return Finding(.files, .ok, path, "mode \(octal)", place: place)
    }
}

extension Finding {
    fileprivate func isAbout(the other: Finding) -> Bool { area == other.area && subject == other.subject }
}
