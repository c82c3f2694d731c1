import Foundation
import Testing

@testable import Configuration

/// `[[upstreams]]`.
@Suite("Upstreams that sites share")
struct SharedPoolTests {
    private static let pool = "[[upstreams]]\nname = \"app\"\n[[upstreams.servers]]\nurl = \"http://10.0.0.1:3000\"\n"
    private static let site = "[[sites]]\nhostname = \"a\"\nport = 80\n"

    private static func problems(_ text: String) -> [String] {
        Configuration.parse(text: text, file: "f").problems.map(\.description)
    }

    @Test("every key is read as written")
    func everyKey() throws {
        let fixture = try Fixture(url: Fixture.folder.appending(path: "every-key.toml"))
        let configuration = try #require(fixture.read(mode: .lenient).configuration)
        let pool = try #require(configuration.sharedPools.first)
        #expect(configuration.sharedPools.count == 1 && pool.name == "shared" && pool.proxy.drain == ["shared"])
        let server = try #require(pool.proxy.upstreams.first)
        #expect(server.name == "shared" && server.url.description == "https://10.0.0.9:8443/base" && server.weight == 4)
        #expect(pool.proxy.loadBalancing.method == .hash && pool.proxy.loadBalancing.hashOn == .path)
        #expect(pool.proxy.healthCheck.enabled && pool.proxy.healthCheck.path == "/up")
        #expect(pool.proxy.passiveHealth.maxFails == 9)
        #expect(pool.proxy.timeout.connect == .seconds(3) && pool.proxy.timeout.tlsHandshake == .seconds(4))
        #expect(pool.proxy.retry.budgetPercent == 7)
    }

    @Test("a site that names one in [[sites.routes]] needs no table of its own")
    func route() throws {
        let text = Self.pool + Self.site + "[[sites.routes]]\npath = \"/\"\nupstream = \"app\"\n"
        let result = Configuration.parse(text: text, file: "f")
        #expect(result.problems.isEmpty, "\(result.problems)")
        let configuration = try #require(result.configuration)
        #expect(configuration.sites[0].proxy?.upstreams == [])
        let servers = configuration.servers(ofPool: "app", in: configuration.sites[0], at: "sites[0]")
        #expect(servers.map(\.keyPath) == ["upstreams[0].servers[0]"])
        #expect(configuration.location(of: "upstreams[0].servers[0].url")?.line == 4)
    }

    @Test("an unknown name has its nearest, a name of two pools is an error, and so is a pool without servers")
    func names() {
        let route = "[[sites.routes]]\npath = \"/\"\nupstream = \"ap\"\n"
        #expect(
            Self.problems(Self.pool + Self.site + "[sites.proxy]\nenabled = true\n" + route).last
                == "f:12:12: error: sites[0].routes[0].upstream: no upstream is named \"ap\"\n  help: did you mean \"app\"?")
        let own = "[sites.proxy]\nenabled = true\n[[sites.proxy.upstreams]]\nname = \"app\"\nurl = \"http://10.0.0.2:1\"\n"
        #expect(
            Self.problems(Self.pool + Self.site + own + "[[sites.proxy.routes]]\npath = \"/\"\nupstream = \"app\"\n") == [
                """
                f:11:8: error: sites[0].proxy.upstreams[0].name: "app" is one of [[upstreams]] as well: it is not known which \
                one routes mean
                  help: give one of them another name
                """
            ])
        let files = Self.site + "static_dir = \".\"\n"
        #expect(
            Self.problems(Self.pool + Self.pool + files).contains {
                $0.hasPrefix("f:6:8: error: upstreams[1].name: \"app\" is a pool already, in line 1")
            })
        #expect(
            Self.problems("[[upstreams]]\nname = \"x\"\n" + files).contains {
                $0.hasPrefix("f:1:1: error: upstreams[0].servers: required, but not given")
            })
        #expect(Self.problems("[[upstreams]]\n" + files).contains { $0.hasPrefix("f:1:1: error: upstreams[0].name: required") })
        #expect(Self.problems(Self.pool + files).contains { $0.hasPrefix("f:2:8: warning: upstreams[0].name: no route goes to") })
    }

    @Test("settings of pools on a site that has none of its own are errors, since they would do nothing")
    func useless() {
        let text =
            Self.pool + Self.site
                + """
                [sites.proxy]
                enabled = true
                [[sites.proxy.routes]]
                path = "/"
                upstream = "app"
                [sites.proxy.health_check]
                enabled = true
                [sites.proxy.timeout]
                connect = 1
                read = 2
                """
        #expect(
            Self.problems(text) == [
                """
                f:13:1: error: sites[0].proxy.health_check: does nothing: the site has no upstreams of its own
                  help: write it as [upstreams.health_check]
                """,
                """
                f:16:11: error: sites[0].proxy.timeout.connect: does nothing: the site has no upstreams of its own
                  help: write it in [upstreams.timeout]
                """,
            ])
    }

    @Test("a cookie that browsers take over TLS alone is warned of where a site that has none sends to the pool")
    func cookies() {
        let balancing = "[upstreams.load_balancing]\nsticky_sessions = true\nsticky_same_site = \"none\"\n"
        let route = "[[sites.routes]]\npath = \"/\"\nupstream = \"app\"\n"
        let ssl = "ssl = { enabled = true, cert_file = \"c\", key_file = \"k\" }\n"
        let secure = "[[sites]]\nhostname = \"b\"\nport = 443\n" + ssl + route
        #expect(
            Self.problems(Self.pool + balancing + secure + Self.site + route) == [
                """
                f:7:20: warning: upstreams[0].load_balancing.sticky_same_site: browsers refuse the cookie of "a": it is \
                Secure, and that site has no ssl
                  help: add [sites.ssl] there; if a proxy in front ends TLS, name it in trusted_proxies
                """
            ])
        #expect(Self.problems(Self.pool + balancing + secure).isEmpty)
        let trust = "[security]\ntrusted_proxies = [\"10.0.0.9\"]\n"
        #expect(Self.problems(trust + Self.pool + balancing + Self.site + route).isEmpty)
        #expect(Self.problems(Self.pool + balancing + Self.site + "listen = \"127.0.0.1\"\n" + route).isEmpty)
        #expect(Self.problems(Self.pool + balancing.replacing("none", with: "lax") + Self.site + route).isEmpty)
        let own = "[sites.proxy]\nenabled = true\n[[sites.proxy.upstreams]]\nname = \"own\"\nurl = \"http://10.0.0.2:1\"\n"
        let elsewhere = Self.site + own + "[[sites.proxy.routes]]\npath = \"/\"\nupstream = \"own\"\n"
        #expect(Self.problems(Self.pool + balancing + secure + elsewhere).isEmpty)
    }

    @Test("a change of one is told once")
    func changes() throws {
        let rest = Self.site + "[[sites.routes]]\npath = \"/\"\nupstream = \"app\"\n"
        let old = try #require(Configuration.parse(text: Self.pool + rest, file: "f").configuration)
        let text = Self.pool.replacing("10.0.0.1", with: "10.0.0.2") + rest
        let new = try #require(Configuration.parse(text: text, file: "f").configuration)
        #expect(ConfigurationChanges(from: old, to: new).summary == "~upstream app")
    }
}
