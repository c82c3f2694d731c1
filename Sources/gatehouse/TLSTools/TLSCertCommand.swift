import ArgumentParser
import EventLoop
import Glibc
import TLS

/// `gatehouse tls cert`
struct TLSCertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cert", abstract: "Say what is wrong with certificates and keys.",
        discussion: """
            Files are PEM: certificates, the leaf first, and private keys, in any order and
            together or apart. Each key is looked for among the certificates.
            Exit code 1 if something is wrong that clients would refuse.
            """)

    @Argument(help: "Certificates and keys.")
    var files: [String]

    @Option(name: .customLong("host"), help: "A host that the certificates must be good for; several times, if need be.")
    var hosts: [String] = []

    @Flag(help: "As JSON.")
    var json = false

    func run() throws {
        let judgement = CertificateJudgement(try files.map { ($0, try Self.read($0)) }, hosts: hosts)
        Console.say(json ? try AdminClient.text(judgement) : judgement.text)
        if judgement.isBad { throw ExitCode(1) }
    }

    /// No certificate is longer.
    private static let maxBytes = 4 << 20

    static func read(_ file: String) throws -> String {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes =
                try file == "-"
                ? FileAccess.read(from: STDIN_FILENO, limit: maxBytes) : FileAccess.read(file, limit: maxBytes, waits: true)
        } catch {
            Console.error("gatehouse: \(file) cannot be read: \(error.reason)")
            throw ExitCode(1)
        }
        guard bytes.count <= maxBytes else {
            Console.error("gatehouse: \(file) is longer than \(maxBytes >> 20) MiB")
            throw ExitCode(1)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What is found in files of certificates and keys.
struct CertificateJudgement: Encodable {
    struct File: Encodable {
        private enum CodingKeys: String, CodingKey { case file, certificates, key, problems, remarks }

        let file: String
        var certificates: [CertificateReport] = []
        /// "P-256", "RSA of 2048 bits".
        var key: String?
        /// What is wrong with the file, or with how it belongs to the others.
        var problems: [String] = []
        /// What is right with it.
        var remarks: [String] = []
        /// How many of them, the first ones, are about the leaf: the others are about the key.
        fileprivate var ofLeaf = (problems: 0, remarks: 0)
    }

    private(set) var files: [File]

    /// - Parameters:
    ///   - texts: each file's name, and what is in it.
    ///   - hosts: that each chain must be good for.
    init(_ texts: [(file: String, text: String)], hosts: [String]) {
        let authorities = SystemAuthorities()
        let chains = texts.compactMap { text in CertificateChain(pem: text.text).map { (text.file, $0) } }
        files = texts.map { text in
            var file = File(file: text.file)
            let chain = chains.first { $0.0 == text.file }?.1
            if let chain {
                file.certificates = CertificateReport.all(of: chain, authorities: authorities)
                file.judge(chain, hosts: hosts)
            }
            let hasKey = text.text.contains("PRIVATE KEY-----")
            if hasKey { file.judgeKey(text.text, among: chains) }
            if chain == nil, !hasKey { file.problems.append(Self.strange(text.text)) }
            return file
        }
    }

    var isBad: Bool { files.contains { !$0.problems.isEmpty || $0.certificates.contains(where: \.isBad) } }

    private static func strange(_ text: String) -> String {
        if text.contains("-----BEGIN CERTIFICATE REQUEST-----") {
            return "it is a request for a certificate (CSR): an authority makes a certificate of it"
        }
        if text.contains("-----BEGIN CERTIFICATE-----") {
            return "a certificate in it cannot be read: a line is missing or changed (openssl x509 -in FILE -noout says where)"
        }
        if text.utf8.first == 0x30 || text.unicodeScalars.first == "\u{FFFD}" {
            return "it is no PEM, but looks like DER: openssl x509 -inform der -in FILE -out FILE.pem "
                + "(a PKCS#12 file: openssl pkcs12 -in FILE -nodes -out FILE.pem)"
        }
        return "it holds neither a certificate nor a private key in PEM (-----BEGIN CERTIFICATE-----)"
    }

    var text: String {
        files.map { file in
            var lines = [file.file]
            let (problems, remarks) = file.ofLeaf
            if !file.certificates.isEmpty {
                lines.append(
                    CertificateReport.text(
                        file.certificates, remarks: file.remarks.prefix(remarks), problems: file.problems.prefix(problems)))
            }
            if let key = file.key { lines.append("key \(key)") }
            lines += file.remarks.dropFirst(remarks).map { "  right       \($0)" }
            lines += file.problems.dropFirst(problems).map { "  problem     \($0)" }
            return lines.joined(separator: "\n")
        }.joined(separator: "\n\n")
    }
}

extension CertificateJudgement.File {
    fileprivate mutating func judge(_ chain: CertificateChain, hosts: [String]) {
        for host in hosts {
            if chain.isGood(forHost: host) {
                remarks.append("good for \(host)")
            } else {
                problems.append("not good for \(host): clients that ask for it refuse the certificate")
            }
        }
        ofLeaf = (problems.count, remarks.count)
    }

    fileprivate mutating func judgeKey(_ text: String, among chains: [(file: String, chain: CertificateChain)]) {
        if text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED") {
            problems.append("the key has a passphrase (openssl pkey -in FILE -out FILE.plain takes it off)")
            return
        }
        do throws(TLSError) {
            let found = try PrivateKey(pem: text)
            key = found.description
            guard !chains.isEmpty else { return }
            let owners = chains.filter { $0.chain.isFor(found) }.map(\.file)
            if owners.isEmpty {
                problems.append("it is the key of none of the certificates")
            } else {
                remarks.append("the key of the certificate in \(owners.joined(separator: ", "))")
            }
        } catch {
            problems.append("the key cannot be read: \(error.reason)")
        }
    }
}
