import Configuration
import Testing

@testable import Gateway

@Suite("Sites behind one address and port")
struct ListenerMembersTests {
    private func site(_ listen: String, _ port: Int, isDefault: Bool = false) -> Site {
        var site = Site()
        (site.listen, site.port, site.isDefault) = (listen, port, isDefault)
        return site
    }

    @Test("are one listener's, in the order of the first ones; all else of the address makes it another")
    func grouped() {
        let sites = [
            site("0.0.0.0", 443), site("::", 443), site("0.0.0.0", 443), site("0.0.0.0", 80), site("::", 443),
        ]
        #expect(ListenerMembers.all(of: sites).map(\.indices) == [[0, 2], [1, 4], [3]])
        #expect(ListenerMembers.all(of: []).isEmpty)
    }

    @Test("the one that is the default answers for other names, else the first; the listener's settings are the first one's")
    func fallback() {
        let sites = [site("::", 443), site("::", 443, isDefault: true), site("::", 80), site("::", 80)]
        let members = ListenerMembers.all(of: sites)
        #expect(members.map(\.fallback) == [1, 2] && members.map(\.first) == [0, 2])
    }
}
