/// One table of `[[sites]]` as it was read: the next configuration takes it over where its text and all other inputs are the
/// same. Nothing was to be said of it.
package final class ParsedSite: Sendable {
    /// All that a site is read from but its text.
    struct Inputs: Sendable, Equatable {
        var mode: ReadMode
        var isForBWS: Bool
        var inherited: Site.Inherited
    }

    let text: SiteText
    let inputs: Inputs
    /// Before sites are held against each other: which is the default one of its listener is not known here.
    let site: Site
    /// Lines are those of the text.
    let location: SiteLocation

    init(_ text: SiteText, _ inputs: Inputs, _ site: Site, _ location: SiteLocation) {
        self.text = text
        self.inputs = inputs
        self.site = site
        self.location = location
    }
}

/// The text of one table of `[[sites]]`, byte for byte.
struct SiteText: Sendable, Hashable {
    let bytes: [UInt8]

    init(_ bytes: ArraySlice<UInt8>) { self.bytes = Array(bytes) }
}

/// Where a table of `[[sites]]` is to be read from.
enum SiteSource {
    /// - Parameter base: where the text begins.
    case text(SiteText, base: TextBase)
    /// It has been parsed, since variables of the environment stand in it.
    case table(TomlNode)
}

/// Reads the tables of `[[sites]]`, but for those that are as they were.
struct SitesReading {
    /// It cannot be read in pieces.
    struct Doubt: Error {}

    let document: TableReader
    let inherited: Site.Inherited
    /// The sites of the configuration before, by their texts.
    private var known: [SiteText: ParsedSite]
    private(set) var read: [(site: Site, table: TableReader)] = []
    private(set) var locations: [SiteLocation] = []
    private(set) var results: [ParsedSite?] = []

    init(_ document: TableReader, _ inherited: Site.Inherited, after known: [ParsedSite?]) {
        self.document = document
        self.inherited = inherited
        self.known = Dictionary(known.lazy.compactMap { $0 }.map { ($0.text, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Reads tables that another reading then takes over.
    /// - Parameter sources: of which those are read that are text.
    /// - Returns: those of which nothing was to be said, up to the first that cannot be read.
    static func readAhead(_ sources: ArraySlice<SiteSource>, _ inputs: ParsedSite.Inputs) -> [ParsedSite] {
        let reading = Reading(file: "", mode: inputs.mode, notesKeys: false, notesSpellings: false)
        reading.isForBWS = inputs.isForBWS
        let document = TableReader(
            reading: reading, name: .document, table: TomlTable(), position: TomlPosition(line: 1, column: 1))
        var sites = SitesReading(document, inputs.inherited, after: [])
        for case .text(let text, _) in sources {
            guard (try? sites.add(.text(text, base: TextBase(file: 0)))) != nil else { break }
        }
        return sites.results.compactMap { $0 }
    }

    /// What was read ahead is taken over from now on.
    mutating func know(_ sites: [ParsedSite]) {
        for site in sites { known[site.text] = site }
    }

    /// - Throws: `Doubt` if it is no TOML, or not one table.
    mutating func add(_ source: SiteSource) throws(Doubt) {
        switch source {
        case .table(let node): try add(node, base: TextBase())
        case .text(let text, let base):
            let inputs = inputs
            if let known = known[text], known.inputs == inputs { return take(known, base) }
            guard let root = try? TomlDocument.parse(checked: text.bytes[...]), root.entries.count == 1,
                case .array(let elements) = root.entries[0].node.value, elements.count == 1
            else { throw Doubt() }
            let problems = document.reading.problemCount
            try add(elements[0], base: base)
            if let last = read.last, let location = locations.last, document.reading.problemCount == problems {
                results[results.count - 1] = ParsedSite(text, inputs, last.site, location)
            }
        }
    }

    var inputs: ParsedSite.Inputs {
        ParsedSite.Inputs(mode: document.reading.mode, isForBWS: document.reading.isForBWS, inherited: inherited)
    }

    /// Its table has been read, and is asked for nothing but its name.
    private mutating func take(_ known: ParsedSite, _ base: TextBase) {
        let table = TableReader(
            reading: document.reading, name: .element(of: document, key: "sites", index: read.count), table: nil,
            position: known.location.position)
        read.append((known.site, table))
        var location = known.location
        location.base = base
        locations.append(location)
        results.append(known)
    }

    private mutating func add(_ node: TomlNode, base: TextBase) throws(Doubt) {
        let reading = document.reading
        guard case .table(let table) = node.value, let reader = document.element(read.count, node, of: "sites") else {
            throw Doubt()
        }
        let others = reading.takeRespelt()
        reading.base = base
        read.append((Site(reading: reader, isFragment: false, for: inherited), reader))
        reading.base = TextBase()
        let within = "\(reader.path).".count
        let respelt = Dictionary(
            reading.takeRespelt().map { (String($0.key.dropFirst(within)), $0.value) }, uniquingKeysWith: { first, _ in first })
        for (key, position) in others { reading.note(key, at: position) }
        locations.append(SiteLocation(base: base, position: node.position, table: table, respelt: respelt))
        results.append(nil)
    }
}
