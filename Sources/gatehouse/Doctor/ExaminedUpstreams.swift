import Configuration
import EventLoop
import Gateway
import TLS
import Transport

/// Do the names of upstream servers have addresses, does somebody listen there, and is their TLS to be trusted?
struct ExaminedUpstreams {
    private let configuration: Configuration
    private let timeout: Int

    /// - Parameter timeout: seconds that a connection, and each answer, may take.
    init(_ configuration: Configuration, timeout: Int) {
        self.configuration = configuration
        self.timeout = timeout
    }

    /// Asks one server after another.
    func findings() -> [Finding] {
        var seen: Set<Upstream> = []
        var findings: [Finding] = []
        for (upstream, keyPath) in upstreams where seen.insert(upstream).inserted {
            findings += examine(upstream, configuration.locationText(of: "\(keyPath).url"))
        }
        return findings
    }

    private var upstreams: [(Upstream, keyPath: String)] {
        let ofTCP = configuration.tcp.enumerated().flatMap { index, tcp in
            tcp.upstreams.enumerated().map { ($1, "tcp[\(index)].upstreams[\($0)]") }
        }
        return configuration.servers.map { ($0.upstream, $0.keyPath) } + ofTCP
    }

    private func examine(_ upstream: Upstream, _ place: String?) -> [Finding] {
        let url = upstream.url
        if case .unix(let path) = url.host {
            let address = SocketAddress(family: .unix, bytes: Array(path.utf8), port: 0)
            return [reach(upstream, [address], place)]
        }
        let addresses = BlockingConnection.addresses(of: url.hostText, port: UInt16(clamping: url.port))
        guard case .name(let name) = url.host else { return [reach(upstream, addresses, place)] }
        if addresses.isEmpty {
            // The gateway asks others than this command does.
            let isAskedElsewhere = !configuration.dns.servers.isEmpty
            let message =
                isAskedElsewhere ? "the system's name servers, not those of dns.servers, know no address" : "it has no address"
            return [
                Finding(
                    .names, isAskedElsewhere ? .warning : .error, name, message,
                    remedy: "correct the url, or the name's record; \"getent ahosts \(name)\" asks the same", place: place)
            ]
        }
        let list = addresses.prefix(4).map(\.host).joined(separator: " ")
        return [Finding(.names, .ok, name, "has \(list)", place: place), reach(upstream, addresses, place)]
    }

    /// Connects to the first address where somebody listens, as far as that takes.
    private func reach(_ upstream: Upstream, _ addresses: [SocketAddress], _ place: String?) -> Finding {
        let subject = upstream.url.description
        var refusal = "it has no address"
        for address in addresses {
            do throws(SystemError) {
                let connection = try BlockingConnection.connect(to: address, timeout: timeout)
                guard upstream.url.scheme.isTLS, let server = ProbedServer(of: upstream) else {
                    return Finding(.upstreams, .ok, subject, "somebody listens on \(address)", place: place)
                }
                return secure(upstream, server, connection.descriptor, place)
            } catch {
                refusal = "no connection to \(address): \(error.reason)"
            }
        }
        let remedy = "start the server, or correct the url; \"gatehouse check\" does not ask servers, this does"
        return Finding(.upstreams, .error, subject, refusal, remedy: remedy, place: place)
    }

    private func secure(_ upstream: Upstream, _ server: ProbedServer, _ descriptor: Int32, _ place: String?) -> Finding {
        let subject = upstream.url.description
        do throws(TLSError) {
            let answer = try TLSProbe(descriptor, server.target, ProbeOffer(), timeout: .seconds(timeout)).performHandshake()
            guard let doubt = answer.verification else {
                return Finding(.upstreams, .ok, subject, "TLS, with a certificate to be trusted", place: place)
            }
            let remedy = Self.remedy(doubt, upstream)
            let message = "its certificate is not to be trusted: \(answer.faults.joined(separator: ", "))"
            guard upstream.verify else {
                return Finding(.upstreams, .warning, subject, message + "; verify = false takes it", remedy: remedy, place: place)
            }
            return Finding(.upstreams, .error, subject, message, remedy: remedy, place: place)
        } catch {
            let remedy = TLSExplanation.first(in: error.reason)?.remedy
            return Finding(
                .upstreams, .error, subject, "no handshake: \(error.reason)",
                remedy: remedy ?? "\"gatehouse tls probe --upstream \(upstream.name)\" tells more", place: place)
        }
    }

    /// - Parameter doubt: OpenSSL's words for why it does not believe the certificate.
    private static func remedy(_ doubt: String, _ upstream: Upstream) -> String {
        let more = "\"gatehouse tls probe --upstream \(upstream.name)\" tells more"
        if doubt.contains("mismatch") {
            return "name what the certificate is for with tls_server_name, or have one made for "
                + "\(upstream.tlsServerName ?? upstream.url.hostText); \(more)"
        }
        if doubt.contains("issuer") || doubt.contains("self-signed") || doubt.contains("self signed") {
            return "name the CA's certificate with ca_file, or have the server send its intermediates; \(more)"
        }
        return more
    }
}
