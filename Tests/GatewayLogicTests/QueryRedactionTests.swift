import Testing

@testable import Gateway

/// What is left out of a query before it is written down.
@Suite("Parameters that are left out of the log")
struct QueryRedactionTests {
    private static let cases: [(text: String, written: String)] = [
        ("/a", "/a"), ("/a?", "/a?"), ("/a?b=c", "/a?b=c"), ("/token=1", "/token=1"),
        ("/a?token=secret", "/a?token=-"), ("/a?token=", "/a?token=-"), ("/a?token", "/a?token"),
        ("/a?x=1&token=secret&y=2", "/a?x=1&token=-&y=2"),
        ("/a?ToKeN=secret", "/a?ToKeN=-"), ("/a?%74oken=secret", "/a?%74oken=-"), ("/a?%54OKEN=secret", "/a?%54OKEN=-"),
        ("/a?tokens=1&atoken=2", "/a?tokens=1&atoken=2"), ("/a?x=1;token=secret", "/a?x=1;token=-"),
        ("/a?token=a=b", "/a?token=-"),
        ("/a?token=a?token=b", "/a?token=-"), ("/a?api+key=1&api%20key=2&api_key=3", "/a?api+key=-&api%20key=-&api_key=3"),
        ("/a?&&token=1&&", "/a?&&token=-&&"), ("/a?%7=1&%=2&%zz=3", "/a?%7=1&%=2&%zz=3"),
        ("/a?+token=1&%20token%20=2&to+ken=3", "/a?+token=-&%20token%20=-&to+ken=3"),
        ("/a?token[]=1&user[token]=2&user%5Btoken%5D[0]=3", "/a?token[]=-&user[token]=-&user%5Btoken%5D[0]=-"),
        ("/a?user[tokens]=1&[]=2&+=3&api+key[x]=4", "/a?user[tokens]=1&[]=2&+=3&api+key[x]=-"),
        ("https://b/?token=s#x", "https://b/?token=-#x"),
    ]

    @Test("a value goes, however its name is spelt, and nothing else changes", arguments: cases)
    func redacted(_ text: String, _ written: String) {
        let redaction = QueryRedaction(["Token", "api key"])
        #expect(String(decoding: redaction.redacted(Array(text.utf8)[...]), as: UTF8.self) == written)
        #expect(QueryRedaction([]).redacted(Array(text.utf8)[...]) == Array(text.utf8)[...])
    }

    private static let users: [(text: String, written: String)] = [
        ("http://me:secret@host/a?b=c", "http://-@host/a?b=c"), ("https://me@host", "https://-@host"),
        ("HTTP://@host/", "HTTP://-@host/"),
        ("https://a@b:secret@host:1/x@y", "https://-@host:1/x@y"), ("me:secret@host:443", "-@host:443"),
        ("https://host/?mail=a@b", "https://host/?mail=a@b"), ("https://host#a@b", "https://host#a@b"),
        ("https://host?a@b", "https://host?a@b"), ("/a@b?x=http://c@d", "/a@b?x=http://c@d"), ("//a@b", "//a@b"),
        ("http://", "http://"), ("http:/a@b", "http:/a@b"), ("", ""), ("*", "*"), ("@", "-@"), ("host", "host"),
    ]

    @Test("a name and a password before a host go, though no parameter does", arguments: users)
    func userless(_ text: String, _ written: String) {
        #expect(String(decoding: QueryRedaction([]).redacted(Array("x\(text)".utf8)[1...]), as: UTF8.self) == written)
        #expect(String(decoding: QueryRedaction.withoutUser(Array(text.utf8)[...]), as: UTF8.self) == written)
    }

    @Test("both go") func both() {
        let redacted = QueryRedaction(["token"]).redacted(Array("https://me:secret@host/?token=secret&a=1".utf8)[...])
        #expect(String(decoding: redacted, as: UTF8.self) == "https://-@host/?token=-&a=1")
    }
}
