import Foundation
import TestSupport
import Testing

@Suite("Chromium over HTTP/2")
struct BrowserTests {
    private static let hasChromium = FileManager.default.fileExists(atPath: "/usr/bin/chromium")

    @Test("a page of 200 images is there whole", .enabled(if: hasChromium, "this release has no package chromium"))
    func images() async throws {
        let certificates = try await Certificates.ready()
        let directory = try TemporaryDirectory()
        // The smallest GIF: one pixel.
        let pixel = Array(Data(base64Encoded: "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")!)
        for number in 0..<200 { try directory.write("images/\(number).gif", pixel) }
        let images = (0..<200).map { "<img src=\"images/\($0).gif\">" }.joined()
        try directory.write("index.html", "<!doctype html><title>Images</title>" + images)
        let port = try FreePort()
        let toml = """
            [[sites]]
            hostname = "localhost"
            port = \(port)
            static_dir = "\(directory.path)"
            \(certificates.ssl())
            """
        try await Gatehouse.serving(toml) { gatehouse in
            let outcome = try await Command.run(
                Place.pythonWithLibraries,
                [Place.peer("http2_browser.py"), "https://localhost:\(port)/", certificates.local.certificate])
            #expect(outcome.text == "200 h2\n", "\(outcome)")
            // The page and its images; perhaps the icon that it does not have is among them, or comes later.
            var entries: [AccessEntry] = []
            var count = 201
            repeat {
                let lines = try await gatehouse.process.output.first(count)
                entries = lines.compactMap { AccessEntry($0) }.filter { $0["target"]?.hasPrefix("/images/") == true }
                count += 1
            } while entries.count < 200 && count <= 202
            #expect(entries.count == 200)
            #expect(entries.allSatisfy { $0["version"] == "HTTP/2.0" && $0["status"] == "200" })
            // All on one connection, whose streams are numbered.
            #expect(Set(entries.compactMap { $0["stream"] }).count == 200)
        }
    }
}
