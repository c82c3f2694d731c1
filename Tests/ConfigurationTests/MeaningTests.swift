import Testing

@testable import Configuration

/// Rules that span several keys.
@Suite struct MeaningTests {
    private func read(_ text: String) throws -> Configuration {
        let result = Configuration.parse(text: text, file: "f")
        return try #require(result.configuration, "\(result.problems)")
    }

    @Test func `the first site of a port is its default unless another says so`() throws {
        func site(_ name: String, _ rest: String) -> String {
            "[[sites]]\nhostname = \"\(name)\"\nstatic_dir = \".\"\n\(rest)\n"
        }
        let configuration = try read(
            site("a", "port = 80") + site("b", "port = 80\ndefault = true") + site("c", "port = 81") + site("d", "port = 81")
                + site("e", "port = 81\nlisten = \"127.0.0.1\""))
        #expect(configuration.sites.map(\.isDefault) == [false, true, true, false, true])
    }

    @Test func `a disabled proxy is none`() throws {
        let configuration = try read(
            "[[sites]]\nhostname = \"a\"\nport = 80\nstatic_dir = \".\"\n[sites.proxy]\nenabled = false\n")
        #expect(configuration.sites[0].proxy == nil)
    }

    @Test func `a fragment of a site is one site`() throws {
        let site = try read("[sites.proxy]\nenabled = true\n[sites.proxy.timeout]\nread = 5\n").sites[0]
        #expect(site.hostnames == ["localhost"])
        #expect(site.port == 8080)
        #expect(site.proxy?.timeout.read == .seconds(5))
    }

    @Test func `an origin is kept as browsers write it`() throws {
        let site = try read(
            "[[sites]]\nhostname = \"a\"\nport = 80\nstatic_dir = \".\"\nallowed_origins = [\"https://A.example:443\", "
                + "\"http://a.example:80\", \"http://a.example:443\", \"https://[2001:db8::443]\", \"https://a.example:8443\"]\n"
        ).sites[0]
        #expect(
            site.allowedOrigins == [
                "https://a.example", "http://a.example", "http://a.example:443", "https://[2001:db8::443]",
                "https://a.example:8443",
            ])
    }

    @Test func `remove is an array or a table`() throws {
        let site = "[[sites]]\nhostname = \"a\"\nport = 80\n[sites.proxy]\nenabled = true\n"
        let array = try read(site + "[sites.proxy.headers]\nremove = [\"X-A\", \"x-a\", \"X-B\"]\n")
        let table = try read(site + "[sites.proxy.headers.remove]\nX-A = true\nX-B = true\nX-C = false\n")
        #expect(array.sites[0].proxy?.headers.remove == ["x-a", "x-b"])
        #expect(table.sites[0].proxy?.headers.remove == ["x-a", "x-b"])
    }

    @Test func `log_requests switches the access log off`() throws {
        let site = "[[sites]]\nhostname = \"a\"\nport = 80\nstatic_dir = \".\"\n"
        #expect(try read(site).logging.accessLog == .stdout)
        #expect(try read("[logging]\nlog_requests = false\n" + site).logging.accessLog == .none)
    }

    @Test(arguments: ["stdout", "-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
    func everyNameOfStandardOutputIsIt(name: String) throws {
        let site = "[[sites]]\nhostname = \"a\"\nport = 80\nstatic_dir = \".\"\naccess_log = \"\(name)\"\n"
        let error = name.replacing("out", with: "err").replacing("/1", with: "/2")
        let configuration = try read("[logging]\naccess_log = \"\(name)\"\nerror_log = \"\(error)\"\n" + site)
        #expect(configuration.logging.accessLog == .stdout && configuration.sites[0].accessLog == .stdout)
        #expect(configuration.logging.errorLog == (name == "-" ? .stdout : .stderr))
    }

    @Test func keepAliveOfLimitsFollowsPerformanceUnlessWritten() throws {
        let site = "[[sites]]\nhostname = \"a\"\nport = 80\nstatic_dir = \".\"\n"
        #expect(try read("[performance]\nkeep_alive_timeout = 5\n" + site).limits.keepAliveTimeout == .seconds(5))
    }

    @Test("Lists of addresses that stand in access_control are found where they are written")
    func addressesBesideCORS() throws {
        let text = """
            [[sites]]
            hostname = "a"
            port = 80
            static_dir = "."
            [sites.access_control]
            blocked_ips = ["192.0.2.1"]
            allowed_ips = ["192.0.2.0/24"]
            """
        let configuration = try read(text)
        #expect(configuration.isWritten("sites[0].access.deny_ips") && configuration.isWritten("sites[0].access.allow_ips"))
        #expect(configuration.location(of: "sites[0].access.deny_ips")?.line == 6)
        #expect(configuration.location(of: "sites[0].access.allow_ips")?.line == 7)
        #expect(!configuration.isWritten("sites[0].access.deny_ips_file"))
    }

    @Test func lenientReadingWarnsOfUnknownKeys() {
        let text = "speling = 1\n[[sites]]\nhostname = \"a\"\nport = 80\nstatic_dir = \".\"\n"
        #expect(Configuration.parse(text: text, file: "f").configuration == nil)
        let lenient = Configuration.parse(text: text, file: "f", mode: .lenient)
        #expect(lenient.configuration != nil)
        #expect(lenient.problems.map(\.severity) == [.warning])
    }

    @Test func `a password in an address is not repeated`() {
        let text = "[[sites.proxy.upstreams]]\nname = \"a\"\nurl = \"http://me:secret@host\"\n"
        let result = Configuration.parse(text: text, file: "f")
        #expect(result.configuration == nil)
        #expect(!result.problems.contains { $0.description.contains("secret") })
    }
}
