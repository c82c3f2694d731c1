import Configuration
import EventLoop
import Gateway
import TLS

/// Are certificates good, and do the files of a configuration belong to those alone who should have them?
struct ExaminedFiles {
    private let configuration: Configuration
    private let source: ConfigurationSource

    /// What would be told if everybody could read a file.
    private enum Content {
        case open
        /// A key or a password.
        case secret
        /// Passwords' hashes.
        case hashes
        /// Keys of a configuration among others that are none.
        case secretKeys
    }

    /// - Parameter source: what the configuration was read from.
    init(_ configuration: Configuration, _ source: ConfigurationSource) {
        self.configuration = configuration
        self.source = source
    }

    func findings() -> [Finding] {
        var findings = source.files.map { file in
            mode(of: file.path, at: nil, MaskedConfiguration.hasSecret(file) ? .secretKeys : .open)
        }
        for (index, site) in configuration.sites.enumerated() {
            guard let ssl = site.ssl, !ssl.autoCert else { continue }
            for (number, certificate) in ssl.allCertificates.enumerated() {
                let keyPath = number == 0 ? "sites[\(index)].ssl" : "sites[\(index)].ssl.certificates[\(number - 1)]"
                findings.append(validity(of: certificate.certFile, at: "\(keyPath).cert_file"))
                findings.append(mode(of: certificate.certFile, at: "\(keyPath).cert_file", .open))
                findings.append(mode(of: certificate.keyFile, at: "\(keyPath).key_file", .secret))
                if let passphrase = certificate.passphraseFile {
                    findings.append(mode(of: passphrase, at: "\(keyPath).key_passphrase_file", .secret))
                }
            }
        }
        for (upstream, keyPath) in configuration.servers {
            guard let key = upstream.clientKeyFile else { continue }
            findings.append(mode(of: key, at: "\(keyPath).client_key_file", .secret))
        }
        for case (let path?, let keyPath) in secretFiles { findings.append(mode(of: path, at: keyPath, .secret)) }
        for case (let path?, let keyPath) in passwordFiles { findings.append(mode(of: path, at: keyPath, .hashes)) }
        var seen: [Finding] = []
        for case let finding? in findings where !seen.contains(where: { $0.isAbout(the: finding) }) { seen.append(finding) }
        return seen
    }

    /// With the keys that name them: those that are of no site.
    private var secretFiles: [(String?, String)] {
        let (tls, fleet) = (configuration.tls, configuration.fleet)
        return [
            (configuration.management.keyFile, "management.key_file"), (tls.ticketKeys, "tls.ticket_keys"),
            (tls.keylogFile, "tls.keylog_file"), (fleet?.secretFile, "fleet.secret_file"),
            (fleet?.etcdKeyFile, "fleet.key_file"), (fleet?.etcdPasswordFile, "fleet.password_file"),
            (fleet?.redis?.redisKeyFile, "fleet.redis.key_file"),
            (fleet?.redis?.redisPasswordFile, "fleet.redis.password_file"),
        ]
    }

    /// Those of sites and of routes.
    private var passwordFiles: [(String?, String)] {
        configuration.sites.enumerated().flatMap { index, site -> [(String?, String)] in
            let routes = site.routes.enumerated().map { ($1.access.authFile, "sites[\(index)].routes[\($0)].access.auth_file") }
            let proxied = (site.proxy?.routes ?? []).enumerated().map {
                ($1.access.authFile, "sites[\(index)].proxy.routes[\($0)].access.auth_file")
            }
            return [(site.access.authFile, "sites[\(index)].access.auth_file")] + routes + proxied
        }
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

    private func mode(of path: String, at keyPath: String?, _ content: Content) -> Finding? {
        // One that is missing, or is in a store, has no mode.
        guard let mode = FileAccess.mode(of: path) else { return nil }
        let place = keyPath.flatMap { configuration.locationText(of: $0) }
        let octal = String(mode, radix: 8)
        if mode & 0o002 != 0 {
            return Finding(
                .files, .error, path, "everybody may change it (mode \(octal))", remedy: "chmod o-w \(path)", place: place)
        }
        guard mode & 0o007 != 0 else { return Finding(.files, .ok, path, "mode \(octal)", place: place) }
        switch content {
        case .open: return Finding(.files, .ok, path, "mode \(octal)", place: place)
        case .secret:
            return Finding(
                .files, .error, path, "everybody on this machine may read the secret in it (mode \(octal))",
                remedy: "chmod 600 \(path), with the user who starts the gateway as its owner", place: place)
        case .hashes:
            return Finding(
                .files, .warning, path, "everybody on this machine may read the passwords' hashes in it (mode \(octal))",
                remedy: "chmod 640 \(path), with a group of the gateway's user", place: place)
        case .secretKeys:
            return Finding(
                .files, .warning, path, "everybody on this machine may read the secrets in it (mode \(octal))",
                remedy: "chmod 640 \(path), with a group of the gateway's user; or name its environment's variables: ${NAME}",
                place: place)
        }
    }
}

extension Finding {
    fileprivate func isAbout(the other: Finding) -> Bool { area == other.area && subject == other.subject }
}
