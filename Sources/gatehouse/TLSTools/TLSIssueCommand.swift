import ACME
import ArgumentParser
import Configuration
import EventLoop
import TLS
import Transport

/// `gatehouse tls issue`
struct TLSIssueCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue", abstract: "Issue a certificate for development, by a local authority.",
        discussion: """
            Writes NAME.crt and NAME.key, of the first name, into a folder; and ca.crt and
            ca.key, the authority, unless it is there. A certificate that is there and
            still good for a week is kept. The authority may issue for localhost, *.test,
            *.internal, *.home.arpa, *.local and private addresses alone: who steals its
            key from a machine that trusts it can still be no bank.
            """)

    @Argument(help: "Host names, also with an asterisk, and addresses; all in one certificate.")
    var names: [String]

    @Option(name: [.customShort("o"), .customLong("out")], help: "The folder.")
    var folder = "certs"

    @Option(help: "How many days it is good: 1 to 825, which is the longest that Apple's systems take.")
    var days: Int64 = 397

    @Option(help: "The kind of key: p256, p384 or rsa.")
    var key = KeyKind.p256

    @Flag(help: "For a client to show, not for a server.")
    var client = false

    @Flag(help: "Make a new one also if a good one is there.")
    var force = false

    enum KeyKind: String, ExpressibleByArgument, CaseIterable {
        case p256, p384, rsa

        var kind: PrivateKey.Kind {
            switch self {
            case .p256: .p256
            case .p384: .p384
            case .rsa: .rsa
            }
        }
    }

    func validate() throws {
        if !(1...825).contains(days) { throw ValidationError("--days must be from 1 to 825.") }
        for name in names where SocketAddress(literal: name, port: 0) == nil {
            let rest = name.hasPrefix("*.") ? String(name.dropFirst(2)) : name
            if case .failure(let fault) = HostName.check(rest) {
                throw ValidationError("\"\(name)\" is no host name: \(fault.reason).")
            }
            // OpenSSL and GnuTLS compare such a name with nothing, whoever has issued the certificate.
            if name.hasPrefix("*."), !rest.contains(".") {
                throw ValidationError(
                    "\"\(name)\" is good for no client of OpenSSL or GnuTLS, which want two labels behind the asterisk: "
                        + "such as *.shop.\(rest).")
            }
        }
    }

    func run() throws {
        let now = Int64(realtimeNanoseconds() / 1_000_000_000)
        var order = DevelopmentCertificates.Order(names: names.map { $0.lowercased() }, life: days * 86_400)
        order.usage = client ? .client : .server
        order.kind = key.kind
        order.isAnew = force
        do throws(ACMEError) {
            try DevelopmentCertificates.check(order)
            let issuer = try DevelopmentCertificates(in: folder, now: now)
            if issuer.isNew {
                Console.say("made an authority: \(issuer.authorityFile)")
                Console.say("clients trust it with: gatehouse trust --root \(issuer.authorityFile)")
            }
            let stem = issuer.stem(of: order)
            switch try issuer.issue(order, now: now) {
            case .made: Console.say("made \(stem).crt and \(stem).key")
            case .kept: Console.say("kept \(stem).crt and \(stem).key: still good")
            }
        } catch {
            Console.error("gatehouse: \(error)")
            throw ExitCode(1)
        }
    }
}
