import Testing

@testable import Gateway

@Suite("A pattern of names that may be had on demand")
struct CertificateDemandTests {
    @Test(
        "takes whole names, label by label",
        arguments: [
            ("*.c.example", "a.c.example", true), ("*.c.example", "a.b.c.example", false), ("*.c.example", "c.example", false),
            ("shop-*.example", "shop-1.example", true), ("shop-*.example", "shop.example", false), ("a*b*c.d", "a1b2c.d", true),
            ("a*b*c.d", "abc.d", true), ("a*b*c.d", "ac.d", false), ("a*a.d", "a.d", false), ("a*a.d", "aa.d", true),
            ("www.example", "www.example", true), ("www.example", "wwwxexample", false), ("*.*", "a.b", true),
            ("*.c.example", "a.c.example.evil", false), ("*a*.d", "bab.d", true), ("*aa*a.d", "aaa.d", true),
        ])
    func matches(pattern: String, name: String, isMatch: Bool) {
        #expect(CertificateDemand.Settings.matches(name.split(separator: "."), pattern) == isMatch)
    }
}
