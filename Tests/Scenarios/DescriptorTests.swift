import Foundation
import TestSupport
import Testing

@Suite("Open files")
struct DescriptorTests {
    /// HEAD brings no content into memory, so that each file keeps its descriptor.
    @Test("who asks for more files than may be open takes no descriptor from new clients")
    func exhaustion() async throws {
        let directory = try TemporaryDirectory()
        for number in 0..<200 { _ = try directory.write("\(number).txt", "x") }
        let port = try FreePort()
        let site = """
            [[sites]]
            hostname = "localhost"
            listen = "127.0.0.1"
            port = \(port)
            static_dir = "\(directory.path)"
            """
        try await Gatehouse.serving(site) { gatehouse in
            let limit = gatehouse.descriptorCount + 50
            let set = try await Command.run("prlimit", ["--pid", "\(gatehouse.process.pid)", "--nofile=\(limit):\(limit)"])
            #expect(set.exit == .code(0), "\(set)")
            let format = ["-sS", "-o", "/dev/null", "-w", "%{http_code}\n"]
            let heads = try await Command.run("curl", format + ["-I", "http://localhost:\(port)/[0-199].txt"])
            #expect(Set(heads.text.split(separator: "\n")) == ["200"], "\(heads)")
            let crowding = ["-m", "60", "--parallel", "--parallel-immediate", "--parallel-max", "20"]
            let crowd = try await Command.run("curl", format + crowding + ["http://localhost:\(port)/[0-39].txt"])
            #expect(Set(crowd.text.split(separator: "\n")) == ["200"], "\(crowd)")
        }
    }
}
