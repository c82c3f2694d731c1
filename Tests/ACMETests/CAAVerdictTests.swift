import Testing
import Transport

@testable import ACME

@Suite("CAA records (RFC 8659)")
struct CAAVerdictTests {
    private func verdict(
        _ records: [(tag: String, value: String)], isWildcard: Bool = false, identities: [String] = ["ca.example"],
        account: String? = "https://ca.example/acct/1", kinds: [ChallengeType] = [.http01], isCritical: Bool = false
    ) -> CAAVerdict {
        CAAVerdict(
            records.map { CAARecord(isCritical: isCritical, tag: $0.tag, value: $0.value) }, isWildcard: isWildcard,
            identities: identities, account: account, kinds: kinds)
    }

    private func isForbidden(_ verdict: CAAVerdict) -> Bool { if case .forbidden = verdict { true } else { false } }

    @Test("allow those that they name, and nobody else")
    func issue() {
        #expect(verdict([]) == .allowed)
        #expect(verdict([("iodef", "mailto:a@b.example")]) == .allowed)
        #expect(verdict([("issue", "CA.example")]) == .allowed)
        #expect(verdict([("issue", "other.example"), ("issue", " ca.example ; a=b")]) == .allowed)
        #expect(isForbidden(verdict([("issue", "other.example")])))
        #expect(verdict([("issue", ";")]) == .forbidden("only nobody may issue, and the authority goes by ca.example"))
        #expect(verdict([("issue", "other.example")], identities: []) == .unknown("only other.example may issue"))
    }

    @Test("of wildcards are their own, if there are any")
    func wildcard() {
        let both = [("issue", "other.example"), ("issuewild", "ca.example")]
        #expect(verdict(both, isWildcard: true) == .allowed)
        #expect(isForbidden(verdict(both)))
        #expect(isForbidden(verdict([("issue", "ca.example"), ("issuewild", ";")], isWildcard: true)))
        #expect(verdict([("issue", "ca.example")], isWildcard: true) == .allowed)
    }

    @Test("may name an account and methods (RFC 8657), and what nobody knows forbids where it is critical")
    func parameters() {
        let mine = "ca.example; accounturi=https://ca.example/acct/1"
        #expect(verdict([("issue", mine)]) == .allowed)
        #expect(isForbidden(verdict([("issue", mine)], account: "https://ca.example/acct/2")))
        // An account that is not made yet can be any.
        #expect(verdict([("issue", mine)], account: nil) == .allowed)
        #expect(isForbidden(verdict([("issue", "ca.example; validationmethods=dns-01")])))
        #expect(verdict([("issue", "ca.example; validationmethods=dns-01,http-01")]) == .allowed)
        #expect(verdict([("issue", mine), ("issue", "ca.example")], account: "https://ca.example/acct/2") == .allowed)
        #expect(isForbidden(verdict([("tbs", "unknown")], isCritical: true)))
        #expect(verdict([("tbs", "unknown")]) == .allowed)
    }
}
