import Testing

@testable import Configuration

/// A configuration that is read after another one takes sites over whose text is as it was. It must be what is read without that.
@Suite struct TakenSiteTests {
    /// The same numbers in each run.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    private static let environment = EnvironmentVariables { $0 == "ROOT" ? "/srv" : $0 == "PORT" ? "8081" : nil }

    /// Parts of a configuration that stand anywhere between sites.
    private static let globals = [
        "[limits]\nmax_fields = 77\n", "[security]\ntrusted_proxies = [\n  \"10.0.0.0/8\",\n]\n",
        "[performance]\nrequest_timeout = 7\n",
        "[[upstreams]]\nname = \"shared\"\n[[upstreams.servers]]\nurl = \"http://127.0.0.1:9\"\n",
        "# [[sites]]\n", "[server]\ndescription = '''\n[[sites]]\n'''\n", "[logging]\nacces_log = \"none\"\n",
        "[dns]\ntimeout = \"x\"\n",
        "[[tcp]]\nname = \"t\"\nport = 8090\nupstream = \"u\"\n[[tcp.upstreams]]\nname = \"u\"\nurl = \"tcp://127.0.0.1:9\"\n",
    ]

    /// - Parameter name: tells the site from others; some share it.
    private static func site(_ name: Int, _ numbers: inout Numbers) -> String {
        let header = ["[[sites]]\n", "[[sites]] # one\n", "  [[sites]]\r\n", "[[ sites ]]\n", "[[\"sites\"]]\n"]
        var text = Int.random(in: 0..<12, using: &numbers) == 0 ? header.randomElement(using: &numbers) ?? "" : header[0]
        let hostname = Int.random(in: 0..<6, using: &numbers) == 0 ? "domain" : "hostname"
        text += "\(hostname) = \"s\(name).example\"\nport = 8080\n"
        let parts = [
            "static_dir = \"/\(name)\"\n", "index_file = [\"a\", \"b\"]\nstatic_dir = \"/x\"\n",
            "unknown_key = 1\nstatic_dir = \"/x\"\n", "static_dir = \"${ROOT}/www\"\n",
            "static_dir = \"/x\"\nhttps_port = \"${PORT}\"\n", "https_port = \"8081\"\nstatic_dir = \"/x\"\n",
            "redirect = \"https://a.example{uri}\"\n", "static_dir = \"\"\"\n/x\"\"\"\n", "static_dir = '/x' # [[sites]]\n",
            "[sites.proxy]\nenabled = true\n[[sites.proxy.upstreams]]\nname = \"a\"\nurl = \"http://127.0.0.1:9\"\n"
                + "[[sites.proxy.routes]]\npath = \"/\(name)/\"\nupstream = \"a\"\n",
            "[[sites.routes]]\npath = \"/\"\nupstream = \"shared\"\n", "[sites.proxy]\nenabled = false\n",
            "static_dir = \"/x\"\n[sites.access_control]\nallow_credentials = true\n", "sites.x = 1\n", "static_dir = \"/x\n",
            "static_dir = \"/x\"\n[sites.cache_control]\n", "static_dir = \"/é\"\n",
        ]
        text += parts.prefix(Int.random(in: 0..<3, using: &numbers) == 0 ? parts.count : 13).randomElement(using: &numbers) ?? ""
        return text
    }

    private static func next(after blocks: [String], _ numbers: inout Numbers) -> [String] {
        var blocks = blocks
        for _ in 0..<Int.random(in: 0...3, using: &numbers) {
            let place = Int.random(in: 0...blocks.count, using: &numbers)
            let new =
                Int.random(in: 0..<4, using: &numbers) == 0
                ? globals.randomElement(using: &numbers) ?? "" : site(Int.random(in: 0..<40, using: &numbers), &numbers)
            if Bool.random(using: &numbers), place < blocks.count {
                if Bool.random(using: &numbers) { blocks[place] = new } else { blocks.remove(at: place) }
            } else {
                blocks.insert(new, at: place)
            }
        }
        if Bool.random(using: &numbers), blocks.count > 2 { blocks.swapAt(1, blocks.count - 1) }
        return blocks
    }

    private static func read(
        _ blocks: [String], _ mode: ReadMode, after previous: Configuration? = nil, with thread: (any ReadingThread)? = nil
    ) -> ReadResult {
        let source = ConfigurationSource(text: blocks.joined(), file: "dir/f.toml")
        return Configuration.read(source, mode: mode, environment: environment, after: previous, with: thread)
    }

    /// Does its part before the others begin theirs.
    private struct EagerThread: ReadingThread {
        let minSites = 2

        func start<Value: Sendable>(_ body: @escaping @Sendable () -> Value) -> (() -> Value)? {
            let value = body()
            return { value }
        }
    }

    /// All of a configuration but how it was read, in words.
    private static func words(_ configuration: Configuration?) -> String {
        guard var configuration else { return "" }
        configuration.parsedSites = []
        let keys = [
            "hostname", "port", "static_dir", "static_dir.x", "index_files", "index_files[1]", "proxy.routes[0].path",
            "proxy.upstreams[0].url", "", "access_control.allow_credentials", "https_port",
        ]
        let paths =
            configuration.sites.indices.flatMap { site in keys.map { $0.isEmpty ? "sites[\(site)]" : "sites[\(site)].\($0)" } }
            + [
                "limits.max_fields", "security.trusted_proxies[0]", "upstreams[0].servers[0].url", "tcp[0].port",
                "sites[99].port",
            ]
        let places = paths.map { "\($0) \(configuration.location(of: $0)?.description ?? "-") \(configuration.isWritten($0))" }
        var shown = ""
        for child in Mirror(reflecting: configuration).children where child.label != "locations" && child.label != "parsedSites" {
            shown += "\(child.label ?? ""): \(child.value)\n"
        }
        return shown + places.joined(separator: "\n")
    }

    @Test("A configuration read after another one is as if it was read alone", arguments: 0..<40)
    func pairs(seed: UInt64) {
        var numbers = Numbers(state: seed)
        var blocks = (0..<8).map { Self.site($0, &numbers) }
        var previous: Configuration?
        for mode in [ReadMode.strict, .lenient, .strict, .strict, .lenient, .lenient, .strict, .strict] {
            blocks = Self.next(after: blocks, &numbers)
            let alone = Self.read(blocks, mode)
            let after = Self.read(blocks, mode, after: previous)
            #expect(after.problems == alone.problems, "\(blocks.joined())")
            #expect(Self.words(after.configuration) == Self.words(alone.configuration), "\(blocks.joined())")
            if let configuration = after.configuration { previous = configuration }
        }
    }

    @Test("A configuration that another thread reads a part of is as if it was read alone", arguments: 0..<40)
    func helped(seed: UInt64) {
        var numbers = Numbers(state: seed)
        var blocks = (0..<8).map { Self.site($0, &numbers) }
        for mode in [ReadMode.strict, .lenient, .strict, .lenient] {
            blocks = Self.next(after: blocks, &numbers)
            let alone = Self.read(blocks, mode)
            let helped = Self.read(blocks, mode, with: EagerThread())
            #expect(helped.problems == alone.problems, "\(blocks.joined())")
            #expect(Self.words(helped.configuration) == Self.words(alone.configuration), "\(blocks.joined())")
        }
    }

    @Test("Sites whose text is as it was are taken over, wherever they stand now")
    func taken() throws {
        let site = { (name: String) in "[[sites]]\nhostname = \"\(name)\"\nport = 80\nredirect = \"https://a.example{uri}\"\n" }
        let first = try #require(Self.read([site("a"), site("b")], .strict).configuration)
        let blocks = ["[limits]\nmax_fields = 70\n", site("c"), site("b"), "# more\n", site("a")]
        let second = try #require(Self.read(blocks, .strict, after: first).configuration)
        #expect(second.sites.map(\.name) == ["c", "b", "a"])
        #expect(second.parsedSite(2) === first.parsedSite(0))
        // The comment behind it is part of its text.
        #expect(second.parsedSite(1) !== first.parsedSite(1))
        #expect(second.sites.map(\.isDefault) == [true, false, false])
        #expect(second.location(of: "sites[2].port")?.description == "dir/f.toml:14:8")
    }

    @Test("A site is read again when another table changes what it inherits")
    func inherited() throws {
        let site =
            "[[sites]]\nhostname = \"a\"\nport = 80\n[sites.proxy]\nenabled = true\n[[sites.proxy.upstreams]]\n"
            + "name = \"a\"\nurl = \"http://127.0.0.1:9\"\n[[sites.proxy.routes]]\npath = \"/\"\nupstream = \"a\"\n"
        let first = try #require(Self.read([site], .strict).configuration)
        let second = try #require(
            Self.read(["[performance]\nrequest_timeout = 3\n", site], .strict, after: first).configuration)
        #expect(second.parsedSite(0) !== first.parsedSite(0))
        #expect(second.sites[0].proxy?.timeout.firstByte == .seconds(3))
    }

    @Test("A document in pieces says what the whole says, whatever has become of it", arguments: 0..<40)
    func pieces(seed: UInt64) throws {
        var numbers = Numbers(state: seed)
        for _ in 0..<50 {
            let blocks = Self.next(after: (0..<4).map { Self.site($0, &numbers) }, &numbers)
            var bytes = Array(blocks.joined().utf8)
            for _ in 0..<Int.random(in: 0...3, using: &numbers) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &numbers)
                let new = Array("[]\"'#\n\\.={}, s".utf8).randomElement(using: &numbers) ?? 0
                if Bool.random(using: &numbers) { bytes[place] = new } else { bytes.insert(new, at: place) }
            }
            guard let pieces = TomlPieces(bytes), let rest = try? TomlDocument.parse(checked: pieces.rest[...]),
                !rest.entries.contains(where: { $0.key == "sites" })
            else { continue }
            var shown = Self.shown(.table(rest))
            var areWhole = true
            for piece in pieces.sites {
                guard let table = try? TomlDocument.parse(checked: piece.bytes), table.entries.count == 1,
                    case .array(let elements) = table.entries[0].node.value, elements.count == 1
                else {
                    areWhole = false
                    break
                }
                shown += "sites " + Self.shown(elements[0], linesBefore: piece.linesBefore)
            }
            guard areWhole else { continue }
            var whole = try TomlDocument.parse(bytes)
            let sites = whole.entries.firstIndex { $0.key == "sites" }.map { whole.entries.remove(at: $0).node.value }
            var expected = Self.shown(.table(whole))
            if case .array(let elements) = sites {
                for element in elements { expected += "sites " + Self.shown(element) }
            }
            #expect(shown == expected, "\(String(decoding: bytes, as: UTF8.self))")
        }
    }

    private static func shown(_ node: TomlNode, linesBefore: Int = 0) -> String {
        "\(node.position.line + linesBefore):\(node.position.column) " + shown(node.value, linesBefore: linesBefore)
    }

    private static func shown(_ value: TomlValue, linesBefore: Int = 0) -> String {
        switch value {
        case .table(let table):
            table.entries.map { entry in
                let place = "\(entry.keyPosition.line + linesBefore):\(entry.keyPosition.column)"
                return "\(entry.key) \(place) \(shown(entry.node, linesBefore: linesBefore))\n"
            }.joined()
        case .array(let elements): elements.map { "- " + shown($0, linesBefore: linesBefore) }.joined()
        default: "\(value)\n"
        }
    }
}
