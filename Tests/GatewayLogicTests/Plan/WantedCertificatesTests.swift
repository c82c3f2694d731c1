import ACME
import Testing

@testable import Gateway

@Suite("Certificates that sites want to have got by themselves")
struct WantedCertificatesTests {
    private let authority = Authority(directory: "https://acme.example/directory")

    private func wanted() -> WantedCertificates {
        var wanted = WantedCertificates()
        wanted.add(ManagedCertificate(names: ["a.example"], authority: authority), named: "a.example")
        return wanted
    }

    @Test("sites of one first name share one: it has all their names, each once, and the first folder that is named")
    func shared() {
        var wanted = wanted()
        let first = wanted.join(
            "a.example", names: ["a.example", "b.example"], authority: authority, challengeFolder: "/one")
        let second = wanted.join(
            "a.example", names: ["a.example", "c.example", "b.example"], authority: authority, challengeFolder: "/two")
        #expect(first == .joined && second == .joined)
        #expect(wanted.all.map(\.names) == [["a.example", "b.example", "c.example"]])
        #expect(wanted.all.first?.challengeFolder == "/one")
    }

    @Test("one of another first name is another, and one that is asked of another authority cannot be shared")
    func others() {
        var wanted = wanted()
        let unknown = wanted.join("b.example", names: ["b.example"], authority: authority, challengeFolder: nil)
        let elsewhere = wanted.join(
            "a.example", names: ["a.example", "d.example"],
            authority: Authority(directory: authority.directory, email: "else@a.example"), challengeFolder: nil)
        #expect(unknown == .unknown && elsewhere == .askedElsewhere)
        #expect(wanted.all.map(\.names) == [["a.example"]] && !wanted.isEmpty)
    }
}
