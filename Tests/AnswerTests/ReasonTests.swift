import Foundation
import HTTP
import StaticFiles
import Testing

@testable import Gateway

/// The closed set of reasons, held against its page.
@Suite struct ReasonTests {
    /// The first and the second column of the tables of docs/reasons.md.
    private static func page() throws -> [(word: String, status: String)] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent("docs/reasons.md"), encoding: .utf8)
        return text.matches(of: /(?m)^\| `([a-z_0-9]+)` \| ([^|]+) \|/).map { (String($0.1), String($0.2)) }
    }

    /// What upstreams do wrong in their messages stands on the page without the prefix, as its text says.
    private static let onPage = Reason.allCases.filter {
        if case .message(let refusal) = $0 { refusal.sender == .client } else { true }
    }

    @Test func `docs/reasons.md has every reason, and no other`() throws {
        let page = try Self.page().map(\.word)
        let known = Self.onPage.map(\.word)
        #expect(Set(known).subtracting(page).isEmpty, "not on the page")
        #expect(Set(page).subtracting(known).isEmpty, "nobody's reason")
        #expect(page.count == Set(page).count && known.count > 100)
    }

    @Test func `docs/reasons.md states the status that is answered`() throws {
        let page = Dictionary(uniqueKeysWithValues: try Self.page().map { ($0.word, $0.status) })
        for reason in Self.onPage {
            let expected: String
            switch reason {
            case .message(let refusal):
                let isOfUpstreams: [RefusalReason] = [
                    .statusLineMalformed, .statusInvalid, .switchNotAskedFor, .switchMissing, .tooManyInterimHeads,
                ]
                expected = isOfUpstreams.contains(refusal.reason) ? "502" : "\(refusal.status)"
            case .exchange(.redirectToHTTPS): expected = "301 or 308"
            case .exchange(.redirect): expected = "302 or 307, unless configured"
            case .exchange(.respond): expected = "as configured"
            case .exchange(.webSocketHandshake): expected = "400 or 426"
            case .remark: expected = "any"
            case .exchange(.upstreamStatus): expected = "the upstream's"
            case .exchange(.forwardAuth): expected = "the auth server's"
            case .exchange(let own): expected = "\(own.status)"
            case .tunnel: expected = "101"
            }
            #expect(page[reason.word] == expected, "\(reason.word)")
        }
    }

    @Test func `every status that is answered has its phrase`() {
        // Nobody is there any more to get a 499.
        for reason in ExchangeReason.allCases where reason.status != 499 {
            #expect(StatusText.phrase(reason.status).utf8CodeUnitCount > 0, "\(reason): \(reason.status)")
        }
    }

    @Test func `every reason has a word of its own, fit for a field, a log line and a label`() throws {
        let words = Reason.allCases.map(\.word)
        #expect(Set(words).count == words.count)
        for word in words { #expect(word.wholeMatch(of: /[a-z][a-z0-9_]*/) != nil, "\(word)") }
    }

    @Test(arguments: Reason.allCases) func `Proxy-Status says who, what kind and why`(reason: Reason) {
        var fields = AnswerFields()
        fields.append(proxyStatus: reason, by: ProxyName())
        let error = reason.proxyError.map { "; error=\($0.rawValue)" } ?? ""
        let details = reason == .exchange(.options) ? "" : "; details=\"\(reason.word)\""
        #expect(String(decoding: fields.lines, as: UTF8.self) == "Proxy-Status: gatehouse\(error)\(details)\r\n")
        // Where something is wrong with an exchange there is a registered type.
        guard case .exchange(let own) = reason else { return }
        #expect((reason.proxyError == nil) == (own.status < 400))
    }

    @Test(arguments: StaticRefusal.allCases) func `a file's refusal keeps its status`(refusal: StaticRefusal) {
        let reason = ExchangeReason(refusal)
        #expect(reason.status == refusal.status && reason.blame == (refusal.status < 500 ? .client : .gateway))
    }
}
