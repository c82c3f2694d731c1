import Foundation
import TestSupport
import Testing

/// zsync loads from a file what an older one has not, several ranges with each request, and wants their parts as most servers
/// write them.
@Suite("zsync")
struct ZsyncTests {
    @Test(
        "loads what has changed in a file, and once",
        .enabled(if: RecordSite.isThere("zsync"), "zsync is missing: scripts/install-tools test"))
    func changes() async throws {
        let (port, served, mine) = try (FreePort(), TemporaryDirectory(), TemporaryDirectory())
        var content = (0..<200_000).map { "\($0 &* 7919 % 65_537)\n" }.joined()
        try served.write("file.txt", content)
        let made = try await Command.run("zsyncmake", ["-u", "file.txt", "file.txt"], directory: served.path)
        #expect(made.code == 0, "\(made)")
        for place in [10_000, 500_000] {
            let index = content.utf8.index(content.startIndex, offsetBy: place)
            content.replaceSubrange(index...index, with: "x")
        }
        try mine.write("old.txt", content)
        let toml = "[[sites]]\nhostname = \"localhost\"\nport = \(port)\nstatic_dir = \"\(served.path)\"\n"
        try await Gatehouse.serving(toml) { gatehouse in
            let client = try ChildProcess(
                "zsync", ["-q", "-i", "old.txt", "http://localhost:\(port)/file.txt.zsync"], directory: mine.path)
            let exit = try await client.exit()
            #expect(exit == .code(0), "\(client.errors.all)")
            let (theirs, ours) = ("\(served.path)/file.txt", "\(mine.path)/file.txt")
            #expect(FileManager.default.contentsEqual(atPath: theirs, andPath: ours))
            let entry = try await gatehouse.access("/file.txt")
            #expect(entry["status"] == "206", "\(entry)")
        }
    }
}
