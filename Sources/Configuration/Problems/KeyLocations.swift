/// A table of `[[sites]]`, and where it stands.
struct SiteLocation: Sendable {
    var base = TextBase()
    var position: TomlPosition
    var table: TomlTable
    /// Keys that are spelt in another way, by their paths in the table.
    var respelt: [String: TomlPosition]
}

/// Where each written key stands: the document itself.
struct KeyLocations: Sendable {
    /// The configuration's own first.
    let files: [String]
    /// What the tables in `sites` are not part of.
    let root: TomlTable
    let sites: [SiteLocation]
    /// Keys that are spelt in another way, by their paths.
    let respelt: [String: TomlPosition]

    init(files: [String], root: TomlTable, sites: [SiteLocation], respelt: [String: TomlPosition]) {
        self.files = files
        self.root = root
        self.sites = sites
        self.respelt = respelt
    }

    /// Makes the locations of a configuration that no text says.
    init(name: String) { self.init(files: [name], root: TomlTable(), sites: [], respelt: [:]) }

    /// Where the key stands, or else the nearest table around it that is written.
    func nearest(to keyPath: String) -> SourceLocation? {
        var path = Substring(keyPath)
        while !path.isEmpty {
            if let found = location(of: String(path)) { return found }
            guard let cut = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { return nil }
            path = path[..<cut]
        }
        return nil
    }

    /// Where this very key stands, or this element of an array.
    func location(of keyPath: String) -> SourceLocation? {
        if let found = respelt[keyPath] { return TextBase().location(found, in: files) }
        guard let steps = KeyStep.all(of: keyPath) else { return nil }
        guard let site = site(steps) else {
            return Self.position(steps[...], in: root).map { TextBase().location($0, in: files) }
        }
        let rest = steps.dropFirst(2)
        if rest.isEmpty { return site.base.location(site.position, in: files) }
        let within = String(keyPath.drop { $0 != "." }.dropFirst())
        return (site.respelt[within] ?? Self.position(rest, in: site.table)).map { site.base.location($0, in: files) }
    }

    private func site(_ steps: [KeyStep]) -> SiteLocation? {
        guard case .key("sites") = steps.first, steps.count > 1, case .index(let index) = steps[1], index < sites.count
        else { return nil }
        return sites[index]
    }

    private static func position(_ steps: ArraySlice<KeyStep>, in table: TomlTable) -> TomlPosition? {
        var node = TomlNode(value: .table(table), position: TomlPosition(line: 1, column: 1))
        for step in steps {
            switch (step, node.value) {
            case (.key(let key), .table(let table)):
                guard let entry = table.entries.first(where: { $0.key == key }) else { return nil }
                node = entry.node
            case (.index(let index), .array(let elements)) where index < elements.count: node = elements[index]
            // `[sites]` is read as the first of `[[sites]]`.
            case (.index(0), .table): continue
            default: return nil
            }
        }
        return node.position
    }
}

/// One step of a key path.
private enum KeyStep {
    case key(String)
    case index(Int)

    /// Nil if it is no path as `TableReader` writes them.
    static func all(of keyPath: String) -> [KeyStep]? {
        var steps: [KeyStep] = []
        var rest = keyPath[...]
        while !rest.isEmpty {
            switch rest.first {
            case "[":
                guard let end = rest.firstIndex(of: "]"), let index = Int(rest[..<end].dropFirst()), index >= 0 else {
                    return nil
                }
                steps.append(.index(index))
                rest = rest[rest.index(after: end)...]
            case "\"":
                let text = rest.dropFirst()
                guard let end = text.firstIndex(of: "\"") else { return nil }
                steps.append(.key(String(text[..<end])))
                rest = text[text.index(after: end)...]
            default:
                let key = rest.prefix { $0 != "." && $0 != "[" }
                steps.append(.key(String(key)))
                rest = rest[key.endIndex...]
            }
            if rest.first == "." { rest = rest.dropFirst() }
        }
        return steps
    }
}
