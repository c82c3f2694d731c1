/// Why there is no certificate.
package enum ACMEError: Error, Sendable, CustomStringConvertible {
    /// The authority cannot be asked.
    case unreachable(String)
    /// It can be asked, and cannot serve at present: the status, what was asked for, and for how long it wants to be left alone.
    case unavailable(Int, ServiceURL, retryAfter: Int64?)
    /// It refuses, in its own words.
    case refused(ACMEProblem, status: Int, retryAfter: Int64?)
    /// It answers with what is not ACME.
    case malformed(String)
    /// It does not do what the configuration wants of it.
    case settings(String)
    /// It could not be convinced that the names are ours.
    case validationFailed(String)
    /// What it has issued is not what was asked for.
    case wrongCertificate(String)
    /// A file cannot be read or written, or says what it cannot.
    case storage(String)
    /// What is in a file's place cannot be what was written there.
    case damaged(String)
    /// The operator's program, or the DNS server, has not put a record where it belongs.
    case hook(String)
    /// It has not done in time what it said it would.
    case timedOut(String)

    /// Characters that are told: there are the authority's words in it, and they go into the log and the state each time.
    private static let maxCharacters = 2000

    package var description: String {
        let text = words
        return text.count > Self.maxCharacters ? text.prefix(Self.maxCharacters) + "…" : text
    }

    private var words: String {
        switch self {
        case .unreachable(let reason): "the authority cannot be reached: \(reason)"
        case .unavailable(let status, let url, _): "the authority cannot serve at present: status \(status) of \(url)"
        case .refused(let problem, let status, _): "the authority refuses (\(status)): \(problem)"
        case .malformed(let reason): "the authority's answer is not ACME: \(reason)"
        case .settings(let reason): reason
        case .validationFailed(let reason): "the authority was not convinced: \(reason)"
        case .wrongCertificate(let reason): "the certificate that was issued is not used: \(reason)"
        case .storage(let reason): reason
        case .damaged(let reason): reason
        case .hook(let reason): "no record could be put into DNS: \(reason)"
        case .timedOut(let reason): reason
        }
    }

    /// What an operator can do about it.
    package var hint: String {
        switch self {
        case .unreachable: "it is tried again; look at the network, at names, and at acme.directory and acme.ca_file"
        case .unavailable: "it is tried again, not before the time that the authority has said"
        case .refused(let problem, _, _): Self.hint(problem.kind)
        case .malformed: "does acme.directory name an ACME directory (RFC 8555)?"
        case .settings: "mend it in [sites.ssl.acme]: it is tried at once then"
        case .validationFailed: "does the name lead here from outside, on port 80 or 443, without a proxy in between?"
        case .wrongCertificate: "it is asked again; tell the authority"
        case .storage: "server.state_dir must be a directory that this user can write, on a disk with room"
        case .damaged: "restore it from a backup, or move it away"
        case .hook:
            "what does the program say on standard error, or the DNS server's log? It must end with 0, in acme.dns_hook_timeout"
        case .timedOut: "it is tried again"
        }
    }

    private static func hint(_ kind: String) -> String {
        switch kind {
        case "rateLimited": "the authority's limit is reached; acme.staging = true is for trying things"
        case "rejectedIdentifier": "the authority does not issue for this name"
        case "caa": "a CAA record of the name forbids this authority (RFC 8659)"
        case "dns": "the name cannot be looked up from outside"
        case "connection": "the name does not lead here from outside, or a firewall is in between"
        case "unauthorized", "incorrectResponse": "somebody else answers for the name: where does it lead from outside?"
        case "externalAccountRequired": "the authority needs an external account"
        default: "it is tried again, later each time"
        }
    }

    /// Seconds for which the authority wants to be left alone; nil if it does not say.
    var retryAfter: Int64? {
        switch self {
        case .refused(_, _, let seconds), .unavailable(_, _, let seconds): seconds
        default: nil
        }
    }

    /// Has nothing been said against the order? Then it is gone on with, else another one is begun. What fails here says nothing
    /// against it: a disk without room has come between an order and its certificate, of which authorities issue few in a week.
    var leavesOrder: Bool {
        switch self {
        case .unreachable, .unavailable, .storage, .damaged, .hook: true
        case .refused, .malformed, .settings, .validationFailed, .wrongCertificate, .timedOut: false
        }
    }

    /// The kind of a refusal, such as "badNonce"; nil of other errors.
    var problemKind: String? {
        if case .refused(let problem, _, _) = self { return problem.kind }
        return nil
    }
}
