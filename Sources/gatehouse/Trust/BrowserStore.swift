import ACME

/// NSS's databases of this user: the one that Chromium reads, and those of Firefox's profiles. `certutil` changes them.
struct BrowserStore: TrustStore {
    let name = "nss"

    private let home = Environment.value("HOME") ?? "/root"

    private static let absence = TrustChange.absent("certutil is not here (package libnss3-tools or nss-tools)")

    /// All there are; Chromium's is made where there is none, as it makes it itself.
    private func databases(making: Bool) throws(TrustFailure) -> [String]? {
        let shared = "\(home)/.pki/nssdb"
        if making, !StateDirectory.exists(shared + "/cert9.db") {
            // certutil makes no directories.
            try mustRun("mkdir", ["-p", "-m", "700", shared])
            guard let outcome = try run("certutil", ["-d", "sql:\(shared)", "-N", "--empty-password"]) else { return nil }
            guard outcome.code == 0 else { throw TrustFailure("certutil: \(outcome.summary)") }
        } else if try run("certutil", ["-H"]) == nil {
            return nil
        }
        let firefox = [".mozilla/firefox", ".config/mozilla/firefox", "snap/firefox/common/.mozilla/firefox"]
        let profiles = firefox.flatMap { folder in StateDirectory(home).list(folder).map { "\(home)/\(folder)/\($0)" } }
        return ([shared] + profiles).filter { StateDirectory.exists($0 + "/cert9.db") }
    }

    func install(_ root: TrustedRoot) throws(TrustFailure) -> [TrustChange] {
        guard let databases = try databases(making: true) else { return [Self.absence] }
        var changes: [TrustChange] = []
        for database in databases {
            if try holds(root, database) {
                changes.append(.nothingToDo(database))
                continue
            }
            // C: a CA for servers, and nothing else (certutil(1), -t).
            try mustRun("certutil", ["-d", "sql:\(database)", "-A", "-t", "C,,", "-n", root.alias, "-i", root.file])
            changes.append(.done(database))
        }
        return changes
    }

    func remove(_ root: TrustedRoot) throws(TrustFailure) -> [TrustChange] {
        guard let databases = try databases(making: false) else { return [Self.absence] }
        var changes: [TrustChange] = []
        for database in databases {
            guard try holds(root, database) else {
                changes.append(.nothingToDo(database))
                continue
            }
            try mustRun("certutil", ["-d", "sql:\(database)", "-D", "-n", root.alias])
            changes.append(.done(database))
        }
        return changes
    }

    private func holds(_ root: TrustedRoot, _ database: String) throws(TrustFailure) -> Bool {
        try run("certutil", ["-d", "sql:\(database)", "-L", "-n", root.alias])?.code == 0
    }
}

/// Java's own store, `cacerts`, of the Java that `JAVA_HOME` or PATH leads to.
struct JavaStore: TrustStore {
    let name = "java"

    /// The password that every JDK ships with.
    private static let common = ["-cacerts", "-storepass", "changeit"]
    private static let absence = TrustChange.absent("keytool is not here: no Java")

    private var keytool: String { Environment.value("JAVA_HOME").map { "\($0)/bin/keytool" } ?? "keytool" }

    func install(_ root: TrustedRoot) throws(TrustFailure) -> [TrustChange] {
        guard let known = try run(keytool, ["-list"] + Self.common) else { return [Self.absence] }
        guard known.code == 0 else { throw TrustFailure("\(keytool): \(known.summary)") }
        // Under whatever name: Debian's own takes over what the system trusts.
        if known.text.contains(Self.withColons(root.fingerprint)) { return [.nothingToDo("cacerts")] }
        try mustRun(keytool, ["-importcert", "-noprompt", "-alias", root.alias, "-file", root.file] + Self.common)
        return [.done("cacerts")]
    }

    func remove(_ root: TrustedRoot) throws(TrustFailure) -> [TrustChange] {
        var hasRemoved = false
        // Debian's copy of what the system trusted stays when the system trusts it no longer.
        for alias in [root.alias, "debian:\(root.alias).pem"] {
            guard let known = try run(keytool, ["-list", "-alias", alias] + Self.common) else { return [Self.absence] }
            guard known.code == 0 else { continue }
            try mustRun(keytool, ["-delete", "-alias", alias] + Self.common)
            hasRemoved = true
        }
        return [hasRemoved ? .done("cacerts") : .nothingToDo("cacerts")]
    }

    private static func withColons(_ fingerprint: String) -> String {
        let digits = Array(fingerprint)
        return stride(from: 0, to: digits.count, by: 2).map { String(digits[$0...$0 + 1]) }.joined(separator: ":")
    }
}
