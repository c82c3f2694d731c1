/// Puts a configuration together from its file and those that it includes: one document, in which every place still names its
/// file.
///
/// Arrays of tables (`[[sites]]`) are gathered, first a file's own, then those of the files that it includes. Any other key of
/// the top level stands in one file alone.
struct DocumentGathering {
    private static let maxFiles = 10_000
    private static let maxDepth = 16
    /// The bytes of all files together.
    private static let maxBytes = 64 << 20
    /// The bytes of all values with variables in them.
    private static let maxVariableBytes = 4 << 20

    let reading: Reading
    private(set) var files: SeenFiles
    /// nil: `${NAME}` stays as it is written.
    let environment: EnvironmentVariables?
    /// Are the tables of `[[sites]]` to be gathered apart, each with its text?
    let inPieces: Bool
    private(set) var source = ConfigurationSource()
    /// Those tables, first a file's own, then those of the files that it includes.
    private(set) var sites: [SiteSource] = []
    /// Is it not certain that the pieces say what the whole says?
    private(set) var isDoubtful = false
    private var root = TomlTable()
    /// Where each key of the top level stands in `root`.
    private var indices: [String: Int] = [:]
    /// Each file that was read: where the `include` of it stands.
    private var readFiles: [String: Included] = [:]
    /// The files on the way to the one being read.
    private var way: [(identity: String, path: String)] = []
    private var bytes = 0
    private var variableBytes = 0

    /// Why a file is read.
    private struct Included {
        var path: String
        /// nil of the configuration's own.
        var location: SourceLocation?
    }

    init(_ reading: Reading, _ files: SeenFiles, _ environment: EnvironmentVariables?, inPieces: Bool = false) {
        self.inPieces = inPieces
        self.reading = reading
        self.files = files
        self.environment = environment
    }

    /// Reads the configuration's own file and all others.
    /// - Parameter content: of the file; nil: it is read.
    /// - Returns: nil if the file cannot be read or is no TOML; what is wrong with others is reported too.
    mutating func gather(_ path: String, content: [UInt8]? = nil) -> TomlTable? {
        let start = TomlPosition(line: 1, column: 1)
        if let content {
            return read(content, path, ConfigurationFiles.identity(of: path), at: start, isRoot: true) ? root : nil
        }
        switch files.content(of: path) {
        case .success(let content): return read(content.bytes, path, content.identity, at: start, isRoot: true) ? root : nil
        case .failure(let failure):
            source.add(path, nil)
            reading.report(.error, "", at: start, "cannot be read: \(failure.reason)")
            return nil
        }
    }

    /// - Returns: is it TOML?
    private mutating func read(
        _ content: [UInt8], _ path: String, _ identity: String, at origin: TomlPosition, isRoot: Bool = false
    ) -> Bool {
        let file = isRoot ? 0 : reading.addFile(path)
        bytes += content.count
        readFiles[identity] = Included(path: path, location: isRoot ? nil : reading.location(origin))
        way.append((identity, path))
        defer { way.removeLast() }
        source.add(path, String(decoding: content, as: UTF8.self))
        var table: TomlTable
        do {
            table = try inPieces ? parseInPieces(content, file) : TomlDocument.parse(content)
        } catch {
            var position = error.position
            position.file = file
            reading.report(.error, "", at: position, error.message, hint: ForeignFile.hint(content) ?? error.hint)
            return false
        }
        if file > 0 || VariableReferences.areIn(content[...]) { prepare(&table, "", file) }
        let patterns = patterns(of: table)
        merge(table, isRoot: isRoot)
        for pattern in patterns { include(pattern, in: path) }
        return true
    }

    // MARK: Includes

    private func patterns(of table: TomlTable) -> [Written<String>] {
        guard let entry = table.entries.first(where: { $0.key == "include" }) else { return [] }
        let nodes: [TomlNode]
        switch entry.node.value {
        case .array(let elements): nodes = elements
        default: nodes = [entry.node]
        }
        return nodes.enumerated().compactMap { index, node in
            let written = Written(value: node.value, keyPath: "include[\(index)]", position: node.position)
            guard case .string(let text) = node.value else {
                reading.error(
                    written, "expected a file name, found \(node.value.kindName)", hint: "such as [\"sites/*.toml\"]")
                return nil
            }
            guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                reading.error(written, "must be a file name, without control characters")
                return nil
            }
            return Written(value: text, keyPath: written.keyPath, position: node.position)
        }
    }

    private mutating func include(_ pattern: Written<String>, in file: String) {
        let resolved = ConfigurationFiles.resolved(pattern.value, in: file)
        guard ConfigurationFiles.isPattern(pattern.value) else { return include(file: resolved, pattern) }
        switch files.matches(resolved) {
        case .failure(let failure):
            reading.error(pattern, "\(resolved) cannot be looked up: \(failure.reason)")
        case .success(let matches):
            source.add(directories: matches.directories)
            if matches.paths.isEmpty { reading.warning(pattern, "no file matches \(resolved)") }
            for path in matches.paths { include(file: path, pattern) }
        }
    }

    private mutating func include(file path: String, _ pattern: Written<String>) {
        guard way.count <= Self.maxDepth, source.files.count < Self.maxFiles, bytes <= Self.maxBytes else {
            let most = "\(Self.maxFiles) files of \(Self.maxBytes >> 20) MiB together, \(Self.maxDepth) deep"
            return reading.error(pattern, "too much is included: at most \(most)")
        }
        switch files.content(of: path) {
        case .failure(let failure):
            source.add(path, nil)
            reading.lacksFile = true
            reading.error(pattern, "\(path) cannot be read: \(failure.reason)")
        case .success(let content):
            if let start = way.firstIndex(where: { $0.identity == content.identity }) {
                let loop = (way[start...].map(\.path) + [path]).joined(separator: " → ")
                return reading.error(pattern, "includes itself: \(loop)", hint: "name other files than those on the way")
            }
            if let first = readFiles[content.identity]?.location {
                return reading.error(pattern, "\(path) is included already, by \(first)", hint: "keep one of them")
            }
            if !read(content.bytes, path, content.identity, at: pattern.position) { reading.lacksFile = true }
        }
    }

    // MARK: Pieces

    /// - Returns: all but the tables of `[[sites]]`, which are gathered.
    private mutating func parseInPieces(_ content: [UInt8], _ file: Int) throws(TomlSyntaxError) -> TomlTable {
        guard content.count <= TomlDocument.maxBytes, let pieces = TomlPieces(content) else {
            isDoubtful = true
            return TomlTable()
        }
        let rest = try TomlDocument.parse(checked: pieces.rest[...])
        if rest.entries.contains(where: { $0.key == "sites" }) { isDoubtful = true }
        for piece in pieces.sites {
            let base = TextBase(file: file, linesBefore: piece.linesBefore)
            if VariableReferences.areIn(piece.bytes) {
                try addTable(piece, file)
            } else {
                sites.append(.text(SiteText(piece.bytes), base: base))
            }
        }
        return rest
    }

    /// What variables stand for is not in the text.
    private mutating func addTable(_ piece: TomlPieces.Piece, _ file: Int) throws(TomlSyntaxError) {
        let lines = repeatElement(UInt8(ascii: "\n"), count: piece.linesBefore)
        var table = try TomlDocument.parse(checked: (Array(lines) + piece.bytes)[...])
        prepare(&table, "", file)
        guard table.entries.count == 1, case .array(let elements) = table.entries[0].node.value, elements.count == 1 else {
            isDoubtful = true
            return
        }
        sites.append(.table(elements[0]))
    }

    // MARK: One document

    private mutating func merge(_ table: TomlTable, isRoot: Bool) {
        for entry in table.entries {
            // The reader asks for the first file's, as for every key; that of others has done its work.
            if entry.key == "include", !isRoot { continue }
            guard let index = indices[entry.key] else {
                indices[entry.key] = root.entries.count
                root.entries.append(entry)
                continue
            }
            let first = root.entries[index]
            if let more = Self.tables(entry.node), let already = Self.tables(first.node) {
                root.entries[index].node.value = .array(already + more)
            } else {
                let message = "stands in \(reading.location(first.keyPosition)) already"
                reading.report(
                    .error, entry.key, at: entry.keyPosition, message,
                    hint: "only arrays of tables, such as [[sites]], may be spread over several files")
            }
        }
    }

    private static func tables(_ node: TomlNode) -> [TomlNode]? {
        guard case .array(let elements) = node.value else { return nil }
        return elements.allSatisfy { if case .table = $0.value { true } else { false } } ? elements : nil
    }

    // MARK: Places and variables

    private mutating func prepare(_ table: inout TomlTable, _ path: String, _ file: Int) {
        for index in table.entries.indices {
            table.entries[index].keyPosition.file = file
            let key = table.entries[index].key
            prepare(&table.entries[index].node, path.isEmpty ? key : "\(path).\(key)", file)
        }
    }

    private mutating func prepare(_ node: inout TomlNode, _ path: String, _ file: Int) {
        node.position.file = file
        switch node.value {
        case .table(var table):
            prepare(&table, path, file)
            node.value = .table(table)
        case .array(var elements):
            for index in elements.indices { prepare(&elements[index], "\(path)[\(index)]", file) }
            node.value = .array(elements)
        case .string(let text):
            guard let environment, VariableReferences.areIn(text) else { return }
            do throws(VariableReferences.Fault) {
                let value = try VariableReferences.replaced(
                    in: text, by: environment, most: Self.maxVariableBytes - variableBytes)
                variableBytes += value.utf8.count
                node.value = .string(value)
                reading.valuesOfVariables.insert(node.position)
            } catch {
                reading.report(.error, path, at: node.position, error.message, hint: error.hint)
                reading.faultyValues.insert(node.position)
            }
        case .integer, .float, .boolean, .dateOrTime: break
        }
    }
}
