import Configuration
import Testing

@testable import Gateway

@Suite("The gateway's own sites among upstreams")
struct OwnSitesTests {
    /// A site, and what its only server is.
    private static func site(_ port: Int, listen: String = "127.0.0.1", asks url: String) -> String {
        """
        [[sites]]
        name = "s\(port)"
        hostname = "localhost"
        listen = "\(listen)"
        port = \(port)
        [sites.proxy]
        enabled = true
        [[sites.proxy.upstreams]]
        name = "app"
        url = "\(url)"
        [[sites.proxy.routes]]
        path = "/"
        upstream = "app"

        """
    }

    /// What each site's server turns out to be.
    private func loops(_ sites: [String], isShared: Bool = false) throws -> [String?] {
        let read = Configuration.parse(text: sites.joined(), file: "test.toml")
        let configuration = try #require(read.configuration, "\(read.problems)")
        var own = OwnSites(configuration)
        return try configuration.sites.map { site in
            let upstream = try #require(site.proxy?.upstreams.first)
            return own.loop(of: upstream.url, from: site, isShared: isShared)
        }
    }

    @Test("one that asks itself is found, and so are two that ask each other")
    func found() throws {
        #expect(try loops([Self.site(8001, asks: "http://127.0.0.1:8001")]) == ["s8001"])
        let both = [
            Self.site(8001, asks: "http://localhost:8002"),
            Self.site(8002, listen: "0.0.0.0", asks: "http://127.0.0.1:8001"),
        ]
        #expect(try loops(both) == ["s8002", "s8001"])
    }

    @Test("another site may be asked that asks none of this port, and so may whoever is not ours")
    func allowed() throws {
        let chain = [Self.site(8001, asks: "http://127.0.0.1:8002"), Self.site(8002, asks: "http://127.0.0.1:9")]
        #expect(try loops(chain) == [nil, nil])
        #expect(try loops([Self.site(8001, asks: "http://192.0.2.1:8001")]) == [nil])
    }

    @Test("a server that any site may ask is none of ours that passes requests on")
    func shared() throws {
        let chain = [Self.site(8001, asks: "http://127.0.0.1:8002"), Self.site(8002, asks: "http://127.0.0.1:9")]
        #expect(try loops(chain, isShared: true) == ["s8002", nil])
    }
}
