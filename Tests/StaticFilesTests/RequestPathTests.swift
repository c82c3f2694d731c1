import Testing

@testable import StaticFiles

@Suite struct RequestPathTests {
    @Test(arguments: [
        ("/", "", true, "/"), ("/a", "a", false, "/a/"), ("/a/", "a", true, "/a/"), ("/a/b.txt", "a/b.txt", false, "/a/b.txt/"),
        ("//a///b//", "a/b", true, "/a/b/"), ("/%41%2e%62", "A.b", false, "/A.b/"), ("/a%20b", "a b", false, "/a%20b/"),
        ("/%2541", "%41", false, "/%2541/"), ("/%0d%0aX:%20y", "\r\nX: y", false, "/%0D%0AX:%20y/"),
        ("/%C3%A9", "é", false, "/%C3%A9/"), ("//evil.example", "evil.example", false, "/evil.example/"),
        ("/a%3Fb%23", "a?b#", false, "/a%3Fb%23/"),
    ])
    func `a path is decoded once`(path: String, relative: String, endsWithSlash: Bool, location: String) throws {
        let request = try RequestPath(Array(path.utf8).span)
        #expect(request.relative == Array(relative.utf8))
        #expect(request.endsWithSlash == endsWithSlash)
        #expect(request.locationAsDirectory == location)
    }

    @Test(arguments: ["", "a", "*", "/%", "/%4", "/%zz", "/a%0", "/%00", "/a\0", "/%2F", "/a%2fb", "/%5C", "/a%5cb", "/a\\b"])
    func `an ambiguous path is refused`(path: String) {
        do throws(StaticError) {
            _ = try RequestPath(Array(path.utf8).span)
            Issue.record("accepted: \(path)")
        } catch {
            #expect(error.refusal == .badPath)
        }
    }
}
