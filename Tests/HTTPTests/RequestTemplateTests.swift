import Testing

@testable import HTTP

/// Every variable's value is its name in upper case, unless a test says otherwise.
private struct Named: RequestVariables {
    var values: [RequestVariable: [UInt8]] = [:]
    var captures: [[UInt8]] = []

    func append(_ variable: RequestVariable, to out: inout [UInt8]) {
        out += values[variable] ?? Array(variable.rawValue.uppercased().utf8)
    }

    func appendCapture(_ number: Int, to out: inout [UInt8]) {
        if captures.indices.contains(number - 1) { out += captures[number - 1] }
    }
}

@Suite("A text with variables")
struct RequestTemplateTests {
    private func filled(_ text: String, groups: [String?] = [], _ variables: Named = Named()) throws -> String {
        var out: [UInt8] = []
        try RequestTemplate(text, groups: groups).append(variables, to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    @Test(
        "is filled, and what is no variable stays as it is",
        arguments: [
            ("", ""), ("plain", "plain"), ("{host}", "HOST"), ("https://{host}{uri}", "https://HOSTURI"), ("{{host}", "{host}"),
            ("{", "{"), ("}", "}"), ("{}", "{}"), ("a{ host }b", "a{ host }b"),
            ("{\"group\":{\"a\":1}}", "{\"group\":{\"a\":1}}"),
            ("{{{host}}", "{HOST}"), ("$$5", "$5"), ("$", "$"), ("5 $ or", "5 $ or"), ("100%", "100%"), ("%20", "%20"),
            ("%C3%84 %ABCD%20 %DEFA%7E", "%C3%84 %ABCD%20 %DEFA%7E"), ("20%OFF(all)", "20%OFF(all)"),
            ("ä{path}ö", "äPATHö"), ("{host", "{host"), ("{client_ip}, {client_ip}", "CLIENT_IP, CLIENT_IP"),
        ])
    func fills(_ text: String, _ expected: String) throws {
        #expect(try filled(text) == expected)
    }

    @Test("names every variable of the closed list", arguments: RequestVariable.allCases)
    func all(_ variable: RequestVariable) throws {
        #expect(try filled("<{\(variable.rawValue)}>") == "<\(variable.rawValue.uppercased())>")
        #expect(try RequestTemplate("{\(variable.rawValue)}").constant == nil)
    }

    @Test("takes the groups of a regular expression by number and by name")
    func groups() throws {
        let values = Named(captures: [Array("a".utf8), Array("b".utf8)])
        #expect(try filled("{2}/{1}/{name}", groups: [nil, "name"], values) == "b/a/b")
    }

    @Test(
        "as a target keeps what comes from a client from adding segments and parameters",
        arguments: [
            ("/u/{1}?id={1}&{query}", "/u/a&b+c;d?id=a%26b%2Bc%3Bd&x=1&y"), ("/p?path={path}", "/p?path=/s%26t"),
            ("/p?rest={remainder}&to={uri}", "/p?rest=/%2Bt&to=/s&t?x=1&y"), ("{path}{remainder}", "/s&t/+t"),
            ("{1}?{2}", "a&b+c;d?"),
            // What is neither path nor query: no space may end the target, and nothing in it a segment or a parameter.
            ("/{client_cert_subject}/x", "/CN=a%20HTTP%2F1.1%3Fx%26%23%25,O=B/x"), ("https://{host}/", "https://[::1]/"),
            ("/x?dn={client_cert_subject}", "/x?dn=CN=a%20HTTP%2F1.1%3Fx%26%23%25,O=B"),
        ])
    func targets(_ text: String, _ expected: String) throws {
        let values = Named(
            values: [
                .path: Array("/s&t".utf8), .remainder: Array("/+t".utf8), .query: Array("x=1&y".utf8),
                .uri: Array("/s&t?x=1&y".utf8), .clientCertSubject: Array("CN=a HTTP/1.1?x&#%,O=B".utf8),
                .host: Array("[::1]".utf8),
            ], captures: [Array("a&b+c;d".utf8), []])
        var out: [UInt8] = []
        try RequestTemplate(text, groups: [nil, nil]).appendTarget(values, to: &out)
        #expect(String(decoding: out, as: UTF8.self) == expected)
    }

    @Test(
        "is refused with what to write",
        arguments: [
            ("{remote_addr}", "write {client_ip}"), ("{Host}", "there are {client_ip}"), ("{hots}", "there are {client_ip}"),
            ("{http.request.remote.host}", "write {client_ip}"), ("$remote_addr", "write {client_ip}"),
            ("a ${remote_addr} b", "write {client_ip}"), ("$uri", "write {path}"), ("$request_uri", "write {uri}"),
            ("https://$host$request_uri", "write {host}"), ("$proxy_add_x_forwarded_for", "leave it out"),
            ("$unheard_of", "there are {client_ip}"), ("$1", "write {1}, with the route's path as regex"),
            ("%[src]", "in braces alone"), ("%{HTTP_HOST}e", "in braces alone"), ("{1}", "write the route's path as regex"),
            ("%DOWNSTREAM_REMOTE_ADDRESS%", "in braces alone"), ("a %REQ(X-A)% b", "in braces alone"),
        ])
    func faults(_ text: String, _ hint: String) {
        #expect(
            performing: { _ = try RequestTemplate(text) },
            throws: { error in
                (error as? RequestTemplate.Fault)?.hint.hasPrefix(hint) == true
            })
    }

    @Test(
        "where there are no variables, a text that seems to have one is told from one that has braces of its own",
        arguments: [
            ("you are $remote_addr", "$remote_addr"), ("you are {client_ip}", "{client_ip}"),
            ("ok {http.request.host}", "{http.request.host}"), ("{\"id\": \"{request_id}\"}", "{request_id}"),
            ("https://{host}/users/{path}", nil), ("{\"a.b\": {\"c_d\": 1}}", nil), ("{unheard_of} {", nil), ("5 $ {}", nil),
        ] as [(String, String?)])
    func seeming(_ text: String, _ name: String?) {
        #expect(RequestTemplate.foreignVariable(in: text)?.name == name)
    }

    @Test("a group that the expression has not is refused")
    func missingGroup() {
        #expect(throws: RequestTemplate.Fault.self) { _ = try RequestTemplate("{2}", groups: [nil]) }
        #expect(throws: RequestTemplate.Fault.self) { _ = try RequestTemplate("{0}", groups: [nil]) }
    }

    @Test("no value can end its line: a field with a control byte is not written", arguments: 0...255 as ClosedRange<UInt8>)
    func lines(_ byte: UInt8) throws {
        let rule = try #require(FieldRule("X-A", try RequestTemplate("a{uri}b")))
        var out = Array("before\r\n".utf8)
        rule.appendLine(Named(values: [.uri: [byte]]), to: &out)
        let isFit = byte == 0x09 || (byte >= 0x20 && byte != 0x7F)
        #expect(out == Array("before\r\n".utf8) + (isFit ? Array("X-A: a".utf8) + [byte] + Array("b\r\n".utf8) : []))
        var rules = FieldRules()
        rules.set = [rule]
        rules.defaults = [try #require(FieldRule("X-B", try RequestTemplate("{uri}")))]
        let injected = Named(values: [.uri: Array("x".utf8) + [byte] + Array("\r\nX-Evil: 1".utf8)])
        let own = OwnFieldPolicy(rules).filled(injected)
        var fields = AnswerFields()
        own.apply(to: &fields)
        #expect(own.common.isEmpty && fields.isEmpty)
    }

    @Test("a field without a value is not written")
    func empty() throws {
        let rule = try #require(FieldRule("X-A", try RequestTemplate("{tls_version}")))
        var out: [UInt8] = []
        rule.appendLine(Named(values: [.tlsVersion: []]), to: &out)
        #expect(out.isEmpty)
    }
}

@Suite("Rules for fields")
struct FieldRulesTests {
    private func rule(_ name: String, _ value: String) throws -> FieldRule {
        try #require(FieldRule(name, try RequestTemplate(value)))
    }

    private func forwarded(_ rules: FieldRules, _ fields: String, _ variables: Named = Named()) throws -> String {
        let head = ResponseHead()
        let source = Array("HTTP/1.1 200 OK\r\n\(fields)\r\n".utf8)
        _ = try head.parse(source.span, limits: HeadLimits())
        let answer = ClientAnswer(framing: .length(0), clientMinorVersion: 1, closes: false)
        let policy = ResponseFieldPolicy(rules).filled(variables)
        let text = written { ForwardedHead.writeResponse(head, answer, policy: policy, to: &$0) }
        return String(text.dropFirst("HTTP/1.1 200 OK\r\n".count).dropLast("Content-Length: 0\r\n\r\n".count))
    }

    private func own(_ rules: FieldRules, _ variables: Named = Named()) -> String {
        let policy = OwnFieldPolicy(rules, server: "gatehouse").filled(variables)
        var fields = AnswerFields("Cache-Control", "no-store")
        policy.apply(to: &fields)
        return String(decoding: fields.lines + policy.common.lines, as: UTF8.self)
    }

    @Test("a route's rules follow its site's: what they say of a field stands")
    func order() throws {
        var site = FieldRules()
        site.set = [try rule("X-Set", "site"), try rule("X-Gone", "site"), try rule("X-Kept", "site")]
        site.add = [try rule("X-Add", "site")]
        site.defaults = [try rule("X-Default", "site"), try rule("X-Set-Later", "site")]
        site.remove = ["x-removed"]
        var route = FieldRules()
        route.set = [try rule("x-set", "route"), try rule("X-Set-Later", "route"), try rule("X-Removed", "route")]
        route.add = [try rule("X-Add", "route")]
        route.defaults = [try rule("x-default", "route")]
        route.remove = ["X-Gone"]
        let rules = site.followed(by: route)
        let expected = [
            "X-Kept: site", "x-set: route", "X-Set-Later: route", "X-Removed: route", "X-Add: site", "X-Add: route",
            "x-default: route",
        ]
        let sent = try forwarded(rules, "X-Set: app\r\nX-Removed: app\r\nX-Gone: app\r\n")
        #expect(sent.split(separator: "\r\n").map(String.init) == expected)
        let ours = own(rules).split(separator: "\r\n").map(String.init).filter { $0.lowercased().hasPrefix("x-") }
        #expect(ours.sorted() == expected.sorted())
    }

    @Test(
        "a field stands once, whoever makes it",
        arguments: [
            ("Server", "Server: a\r\n"), ("Cache-Control", "Cache-Control: a\r\n"), ("X-Frame-Options", "X-Frame-Options: a\r\n"),
        ])
    func once(_ name: String, _ sent: String) throws {
        for isVariable in [false, true] {
            let field = try rule(name, isVariable ? "{host}" : "HOST")
            var set = FieldRules()
            set.set = [field]
            #expect(try forwarded(set, sent) == "\(name): HOST\r\n")
            #expect(own(set).components(of: name) == ["\(name): HOST"])
            var defaults = FieldRules()
            defaults.defaults = [field]
            #expect(try forwarded(defaults, sent) == sent)
            #expect(try forwarded(defaults, "") == "\(name): HOST\r\n")
            #expect(own(defaults).components(of: name).count == 1)
            var both = defaults
            both.remove = [name.lowercased()]
            #expect(try forwarded(both, sent) == "\(name): HOST\r\n")
            #expect(own(both).components(of: name) == ["\(name): HOST"])
            var removed = FieldRules()
            removed.remove = [name.lowercased()]
            #expect(try forwarded(removed, sent) == "")
            #expect(own(removed).components(of: name).isEmpty)
        }
    }

    @Test("a request's field that is set has one value, whatever the client claims, and a default gives way to no claim")
    func claims() throws {
        let head = RequestHead()
        let source = Array("GET /a HTTP/1.1\r\nHost: a\r\nX-Real-IP: 6.6.6.6\r\nX_Real_IP: 7.7.7.7\r\nX-Own: 8\r\n\r\n".utf8)
        _ = try head.parse(source.span, limits: HeadLimits())
        let client = ClientPeer(
            address: IPAddress("192.0.2.1"), port: 1, scheme: .https, listenerPort: 443, isTrusted: false)
        var set = FieldRules()
        set.set = [try rule("X-Real-IP", "{client_ip}")]
        var defaults = FieldRules()
        defaults.defaults = [try rule("X-Real-IP", "{client_ip}"), try rule("X-Own", "{host}")]
        let target = UpstreamTarget(authority: Array("up".utf8), rewrite: try #require(PathRewrite()))
        let cases = [(set, ["X-Own: 8", "X-Real-IP: CLIENT_IP"]), (defaults, ["X-Real-IP: CLIENT_IP", "X-Own: HOST"])]
        for (rules, expected) in cases {
            var policy = RequestFieldPolicy(rules, removeUntrusted: ["X-Own"].filter { _ in rules.set.isEmpty }).filled(Named())
            policy.addXForwarded = false
            policy.addForwarded = false
            policy.addVia = false
            let text = written {
                ForwardedHead.writeRequest(
                    head, UpstreamRequest(target: target, remainder: 0, framing: .none), policy: policy, client: client, to: &$0)
            }
            #expect(text.split(separator: "\r\n").filter { $0.hasPrefix("X") }.map(String.init) == expected)
        }
    }

    @Test("a Host with variables is sent only if it is one")
    func host() throws {
        let head = RequestHead()
        _ = try head.parse(Array("GET /a HTTP/1.1\r\nHost: a\r\n\r\n".utf8).span, limits: HeadLimits())
        var rules = FieldRules()
        rules.set = [try rule("Host", "{host}.internal")]
        let client = ClientPeer(address: nil, port: 1, scheme: .https, listenerPort: 443, isTrusted: false)
        let target = UpstreamTarget(authority: Array("up".utf8), rewrite: try #require(PathRewrite()))
        for (value, expected) in [("b", "b.internal"), ("b c", "up"), ("b\r\nX: 1", "up")] {
            let policy = RequestFieldPolicy(rules).filled(Named(values: [.host: Array(value.utf8)]))
            let text = written {
                ForwardedHead.writeRequest(
                    head, UpstreamRequest(target: target, remainder: 0, framing: .none), policy: policy, client: client, to: &$0)
            }
            #expect(text.hasPrefix("GET /a HTTP/1.1\r\nHost: \(expected)\r\n"))
        }
    }
}

extension String {
    /// The lines of a field.
    fileprivate func components(of name: String) -> [String] {
        split(separator: "\r\n").map(String.init).filter { $0.lowercased().hasPrefix(name.lowercased() + ":") }
    }
}
