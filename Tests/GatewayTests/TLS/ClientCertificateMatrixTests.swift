import Foundation
import TestSupport
import Testing

/// `client_auth = "require"` with the clients that people have: valid, expired, of another authority, revoked, and none.
@Suite("Client certificates of real clients")
struct ClientCertificateMatrixTests {
    /// A client as a line of a shell. It prints what it gets; what it says of failures is nobody's affair here.
    struct Client: Sendable, CustomStringConvertible {
        let description: String
        /// Whether the machine has it.
        let program: String
        let script: String
        /// The same without a certificate.
        let bare: String

        init(_ name: String, _ program: String, _ script: String, shows certificate: String) {
            (description, self.program) = (name, program)
            self.script = script.replacing("CERTIFICATE", with: certificate)
            bare = script.replacing("CERTIFICATE", with: "")
        }

        var isThere: Bool {
            (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
                .contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
        }
    }

    private static let request = #"printf 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'"#

    static let clients = [
        Client(
            "curl", "curl", #"curl -sS --max-time 90 --cacert "$CA" CERTIFICATE "https://localhost:$PORT/""#,
            shows: #"--cert "$CERT" --key "$KEY""#),
        Client(
            "openssl s_client, TLS 1.2", "openssl",
            request
                + #" | openssl s_client -quiet -tls1_2 -connect "127.0.0.1:$PORT" -servername localhost "#
                + #"-CAfile "$CA" CERTIFICATE"#,
            shows: #"-cert "$CERT" -key "$KEY""#),
        Client(
            "openssl s_client, TLS 1.3", "openssl",
            request
                + #" | openssl s_client -quiet -tls1_3 -connect "127.0.0.1:$PORT" -servername localhost "#
                + #"-CAfile "$CA" CERTIFICATE"#,
            shows: #"-cert "$CERT" -key "$KEY""#),
        Client(
            "gnutls-cli", "gnutls-cli",
            request + #" | gnutls-cli --no-ocsp --x509cafile "$CA" CERTIFICATE -p "$PORT" localhost"#,
            shows: #"--x509certfile "$CERT" --x509keyfile "$KEY""#),
        Client(
            "NSS tstclnt", "tstclnt",
            #"printf 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >"$FOLDER/request""#
                + #"; tstclnt -o -4 -h localhost -p "$PORT" -V tls1.2:tls1.3 -A "$FOLDER/request" "#
                + #"-d "sql:$FOLDER/nss" CERTIFICATE"#,
            shows: #"-n "$NAME""#),
        Client(
            "Python", "python3",
            #"""
            CHAIN='CERTIFICATE' python3 -c 'import os, ssl, urllib.request as r
            c = ssl.create_default_context(cafile=os.environ["CA"])
            if os.environ["CHAIN"]: c.load_cert_chain(os.environ["CERT"], os.environ["KEY"])
            print(r.urlopen("https://localhost:%s/" % os.environ["PORT"], context=c).read().decode())'
            """#, shows: "yes"),
        Client(
            "node", "node",
            #"""
            CHAIN='CERTIFICATE' node -e 'const e = process.env, f = require("fs").readFileSync, o = {ca: f(e.CA)}
            if (e.CHAIN) Object.assign(o, {cert: f(e.CERT), key: f(e.KEY)})
            require("https").get(`https://localhost:${e.PORT}/`, o, (a) => a.pipe(process.stdout)).on("error", console.error)'
            """#, shows: "yes"),
        Client(
            "Java", "java",
            #"java -Djavax.net.ssl.trustStore="$FOLDER/trust.p12" -Djavax.net.ssl.trustStorePassword=secret CERTIFICATE "#
                + #""$JAVA_PROGRAM" "https://localhost:$PORT/""#,
            shows: #"-Djavax.net.ssl.keyStore="$P12" -Djavax.net.ssl.keyStorePassword=secret"#),
    ]

    private struct Parties {
        let directory: TemporaryDirectory
        let root, alice, expired, revoked, mallory: MadeCertificate
        let lists: String

        init() async throws {
            directory = try TemporaryDirectory()
            let authority = ["basicConstraints = critical,CA:TRUE", "keyUsage = critical,keyCertSign,cRLSign"]
            let client = ["extendedKeyUsage = clientAuth"]
            root = try await .make("root", in: directory, extensions: authority)
            alice = try await .make("alice", in: directory, issuer: root, extensions: client)
            expired = try await .make("expired", in: directory, days: -20 ... -10, issuer: root, extensions: client)
            revoked = try await .make("revoked", in: directory, issuer: root, extensions: client)
            let strangers = try await MadeCertificate.make("strangers", in: directory, extensions: authority)
            mallory = try await .make("mallory", in: directory, issuer: strangers, extensions: client)
            lists = directory.path + "/root.crl"
            let script = """
                cd "$0" && : >gone
                printf '[ca]\\ndefault_ca = x\\n[x]\\ndatabase = gone\\ndefault_md = sha256\\n' >gone.cnf
                openssl ca -config gone.cnf -cert root.crt -keyfile root.key -revoke revoked.crt
                openssl ca -config gone.cnf -cert root.crt -keyfile root.key -gencrl -crldays 30 -out root.crl
                """
            let outcome = try await Command.run("sh", ["-ec", script, directory.path])
            try #require(outcome.code == 0, "\(outcome)")
        }

        /// What a client finds in its environment, with the stores that NSS and Java want.
        func environment(
            _ client: Client, _ certificate: MadeCertificate?, _ port: FreePort, _ certificates: Certificates
        ) async throws -> [String: String] {
            let shown = certificate ?? alice
            let name = URL(filePath: shown.file).deletingPathExtension().lastPathComponent
            let environment = [
                "CA": certificates.authority, "CERT": shown.file, "KEY": shown.keyFile, "PORT": "\(port)", "NAME": name,
                "FOLDER": directory.path, "P12": "\(directory.path)/\(name).p12", "HOME": directory.path,
                "JAVA_PROGRAM": Place.peer("GetWithCertificate.java"),
            ]
            let script = """
                openssl pkcs12 -export -in "$CERT" -inkey "$KEY" -name "$NAME" -passout pass:secret -out "$P12"
                if [ "$1" = tstclnt ]; then
                    mkdir -p "$FOLDER/nss" && certutil -N -d "sql:$FOLDER/nss" --empty-password
                    certutil -A -d "sql:$FOLDER/nss" -n ca -t C,, -i "$CA"
                    # NSS shows what it has, also unasked.
                    [ -z "$2" ] || pk12util -i "$P12" -d "sql:$FOLDER/nss" -W secret -K ''
                fi
                if [ "$1" = java ]; then
                    keytool -importcert -noprompt -alias ca -file "$CA" -keystore "$FOLDER/trust.p12" -storepass secret
                fi
                """
            let made = try await Command.run(
                "sh", ["-ec", script, "sh", client.program, certificate == nil ? "" : "yes"], environment: environment)
            try #require(made.code == 0, "\(made)")
            return environment
        }
    }

    @Test("who is let in, and what the log says of the others", arguments: clients.filter(\.isThere), RecordMode.allCases)
    func matrix(client: Client, records: RecordMode) async throws {
        let (certificates, parties, port) = try await (Certificates.ready(), Parties(), FreePort())
        let toml = """
            \(records.toml)
            [[sites]]
            hostname = "localhost"
            port = \(port)
            respond = { body = "let in" }
            \(certificates.ssl())
            client_auth = "require"
            client_ca_file = "\(parties.root.file)"
            client_crl_file = "\(parties.lists)"
            """
        try await Gatehouse.serving(toml) { gatehouse in
            for (shown, cause) in [
                (parties.alice, nil), (parties.expired, "client_certificate_expired"),
                (parties.revoked, "client_certificate_revoked"), (parties.mallory, "client_certificate_untrusted"),
                (nil, "client_certificate_missing"),
            ] as [(MadeCertificate?, String?)] {
                try? FileManager.default.removeItem(atPath: parties.directory.path + "/nss")
                try? FileManager.default.removeItem(atPath: parties.directory.path + "/trust.p12")
                let environment = try await parties.environment(client, shown, port, certificates)
                let outcome = try await Command.run(
                    "sh", ["-c", shown == nil ? client.bare : client.script], environment: environment)
                #expect(outcome.text.contains("let in") == (cause == nil), "\(cause ?? "valid"): \(outcome)")
                guard let cause else { continue }
                // A client that is choosy shows none that the authorities it is told of have not issued.
                let missing = "client_certificate_missing"
                _ = try await gatehouse.log.first(cause) {
                    $0.contains("cause=\(cause) ") || cause == "client_certificate_untrusted" && $0.contains("cause=\(missing) ")
                }
            }
        }
    }
}
