import Foundation
import TestSupport
import Testing

/// What programs that people use make of files: of compressed ones, of parts of long ones, and of those of another origin.
@Suite("Files, as curl, Node and Chromium read them")
struct FileBrowserTests {
    private static let hasChromium = FileManager.default.fileExists(atPath: "/usr/bin/chromium")
    private static let text = String(repeating: "words that compress, ", count: 200)
    private static let codings = ["br", "zstd", "gzip"]

    /// A site over TLS for each coding, and one more, whose files pages of the first may read.
    private func serving(_ body: ([FreePort], FreePort, TemporaryDirectory, Gatehouse) async throws -> Void) async throws {
        let certificates = try await Certificates.ready()
        let directory = try TemporaryDirectory()
        try directory.write("index.html", "<!doctype html><title>Files</title><body></body>")
        try directory.write("text.txt", Self.text)
        let (ports, other) = (try Self.codings.map { _ in try FreePort() }, try FreePort())
        func site(_ port: FreePort, _ table: String) -> String {
            """
            [[sites]]
            hostname = "localhost"
            port = \(port)
            static_dir = "\(directory.path)"
            \(certificates.ssl())
            \(table)

            """
        }
        let sites = zip(ports, Self.codings).map { site($0, "[sites.compression]\ncodings = [\"\($1)\"]") }
        let access = "[sites.access_control]\nallow_origins = [\"https://localhost:\(ports[0])\"]\nallow_headers = [\"X-A\"]"
        try await Gatehouse.serving(sites.joined() + site(other, access)) { try await body(ports, other, directory, $0) }
    }

    @Test("curl reads each coding")
    func curl() async throws {
        let certificates = try await Certificates.ready()
        try await serving { ports, _, _, _ in
            for (port, coding) in zip(ports, Self.codings) {
                let answer = try await Command.curl([
                    "--cacert", certificates.authority, "--compressed", "-D", "-", "https://localhost:\(port)/text.txt",
                ])
                #expect(answer.text.lowercased().contains("content-encoding: \(coding)\r\n") && answer.text.hasSuffix(Self.text))
            }
        }
    }

    /// It is said what Node cannot read: zstd, before its version 22.15.
    private static let script = """
        const zlib = require("zlib"), https = require("https");
        const [ca, ...urls] = process.argv.slice(1);
        const decode = { br: zlib.brotliDecompressSync, gzip: zlib.gunzipSync, zstd: zlib.zstdDecompressSync };
        for (const url of urls) https.get(url, {
            ca: require("fs").readFileSync(ca), headers: { "Accept-Encoding": "br, zstd, gzip" }, agent: false
        }, (answer) => {
            const parts = [];
            answer.on("data", (part) => parts.push(part));
            answer.on("end", () => {
                const coding = answer.headers["content-encoding"];
                const text = decode[coding] ? decode[coding](Buffer.concat(parts)).length : "unknown";
                console.log(coding, text);
            });
        });
        """

    @Test("Node reads each coding that it knows")
    func node() async throws {
        let certificates = try await Certificates.ready()
        try await serving { ports, _, _, _ in
            let urls = ports.map { "https://localhost:\($0)/text.txt" }
            let answer = try await Command.run("node", ["-e", Self.script, certificates.authority] + urls)
            let lines = Set(answer.text.split(separator: "\n").map(String.init))
            #expect(lines.isSuperset(of: ["br \(Self.text.count)", "gzip \(Self.text.count)"]), "\(answer)")
            #expect(!lines.isDisjoint(with: ["zstd \(Self.text.count)", "zstd unknown"]) && lines.count == 3, "\(answer)")
        }
    }

    @Test(
        "Chromium reads each coding, plays by ranges, and heeds what is said of origins",
        .enabled(if: hasChromium, "this release has no package chromium"))
    func chromium() async throws {
        let certificates = try await Certificates.ready()
        try await serving { ports, other, directory, gatehouse in
            let outcome = try await Command.run(
                Place.pythonWithLibraries,
                [
                    Place.peer("file_browser.py"), certificates.local.certificate, directory.path,
                    "https://localhost:\(other)",
                ] + ports.map { "https://localhost:\($0)/" })
            let lines = outcome.text.split(separator: "\n").compactMap {
                try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
            }
            func said(_ what: String) -> [Any] { lines.filter { $0["what"] as? String == what }.compactMap { $0["is"] } }
            let coded = said("coding").compactMap { $0 as? [String] }
            #expect(coded.map { $0[0] } == Self.codings && coded.allSatisfy { $0[1] == Self.text }, "\(outcome)")

            let (video, far) = (said("video").first as? [String: Any], said("far").first as? [String: Any])
            #expect(video?["width"] as? Int == 320 && video?["error"] is NSNull, "\(outcome)")
            #expect(far?["at"] as? Double == 200 && far?["error"] is NSNull, "\(outcome)")
            // It asks for all from the beginning, and then from where it is to play.
            let parts = gatehouse.accessEntries.filter { $0["target"] == "/long.wav" }
            #expect(parts.count > 1 && parts.allSatisfy { ["206", "499"].contains($0["status"]) }, "\(parts)")

            try check(said, outcome)
            let asked = try await gatehouse.process.output.first("a preflight") { AccessEntry($0)?["method"] == "OPTIONS" }
            #expect(AccessEntry(asked)?["status"] == "204", "\(asked)")
        }
    }

    private func check(_ said: (String) -> [Any], _ outcome: Command.Outcome) throws {
        for what in ["simple", "preflight"] {
            let answer = try #require(said(what).first as? [String: Any], "\(outcome)")
            #expect(answer["status"] as? Int == 200 && (answer["text"] as? String)?.isEmpty == false, "\(what): \(outcome)")
        }
        for what in ["credentials", "other field", "other method"] {
            let answer = try #require(said(what).first as? [String: Any], "\(outcome)")
            #expect(answer["error"] as? String == "TypeError", "\(what): \(outcome)")
        }
    }
}
