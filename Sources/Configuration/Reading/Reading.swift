/// A value with the key that holds it and its place, for the checks that follow.
struct Written<Value> {
    let value: Value
    let position: TomlPosition
    private let name: KeyName
    /// Made when it is asked for: most are not.
    var keyPath: String { name.path }

    init(value: Value, keyPath: String, position: TomlPosition) {
        self.init(value, .path(keyPath), position)
    }

    /// - Parameter key: as this project spells it.
    init(value: Value, key: String, in table: TableReader, position: TomlPosition) {
        self.init(value, .key(key, in: table), position)
    }

    private init(_ value: Value, _ name: KeyName, _ position: TomlPosition) {
        self.value = value
        self.name = name
        self.position = position
    }

    /// The same place, with what was made of the value.
    func with<Other>(_ value: Other) -> Written<Other> { Written<Other>(value, name, position) }

    /// An element of this array.
    func element<Other>(_ index: Int, _ value: Other, at position: TomlPosition) -> Written<Other> {
        Written<Other>(value, .element(index, of: name), position)
    }
}

/// Which key it is.
private indirect enum KeyName {
    case path(String)
    case key(String, in: TableReader)
    case element(Int, of: KeyName)

    var path: String {
        switch self {
        case .path(let path): path
        case .key(let key, let table): table.path(of: key)
        case .element(let index, let array): "\(array.path)[\(index)]"
        }
    }
}

/// What one reading of a document gathers: its problems, and which keys were asked for.
final class Reading {
    /// Problems beyond these are counted, not kept: a megabyte of unknown keys must not become a gigabyte of messages.
    static let maxProblems = 200

    /// The configuration's own first, then those that it includes; each with the remark.
    private var files: [String]
    private let remark: String
    var mode: ReadMode
    /// Does the file say that it was written for BWS?
    var isForBWS = false
    /// Where keys stand that the file spells in another accepted way than this project: by their paths in this project's.
    private var respelt: [String: TomlPosition] = [:]
    /// Where the text begins that positions are counted in.
    var base = TextBase()
    /// Are hints wanted for misspelt keys? They cost time, and where there are some everything is read again.
    private let wantsSpellings: Bool
    var notesSpellings: Bool { wantsSpellings || mode == .lenient }
    /// Every key this reader knows, with `[]` for an index, if it is to note them: the reference page is tested against it.
    private(set) var knownKeys: Set<String> = []
    let notesKeys: Bool
    private var problems: [Problem] = []
    private var uncounted = 0
    private(set) var hasError = false
    /// Is a file included that cannot be read? What the document seems to lack may be in it.
    var lacksFile = false
    /// Where texts stand that variables of the environment were put into.
    var valuesOfVariables: Set<TomlPosition> = []
    /// Where texts stand whose variables cannot be had, which is reported: nothing else is said of them.
    var faultyValues: Set<TomlPosition> = []

    /// - Parameters:
    ///   - remark: stands behind the files' names.
    ///   - notesSpellings: whether hints for misspelt keys are wanted, though they are errors.
    init(file: String, mode: ReadMode, notesKeys: Bool, remark: String = "", notesSpellings: Bool = true) {
        self.notesKeys = notesKeys
        wantsSpellings = notesSpellings
        self.remark = remark
        files = [file + remark]
        self.mode = mode
    }

    /// - Returns: the number of the file in positions.
    func addFile(_ path: String) -> Int {
        files.append(path + remark)
        return files.count - 1
    }

    /// A position as people read it.
    func location(_ position: TomlPosition) -> SourceLocation {
        base.location(position, in: files)
    }

    /// Notes where a key stands that is spelt in another way.
    func note(_ keyPath: String, at position: TomlPosition) { respelt[keyPath] = position }

    /// The keys that have been noted since this was called last, or since the beginning.
    func takeRespelt() -> [String: TomlPosition] { exchange(&respelt, with: [:]) }

    /// Where the keys of a document stand.
    /// - Parameter root: without the tables of `sites`.
    func locations(_ root: TomlTable, _ sites: [SiteLocation]) -> KeyLocations {
        KeyLocations(files: files, root: root, sites: sites, respelt: respelt)
    }

    /// Have variables of the environment been put into the text there? Never into one that is read by itself.
    func isOfVariable(_ position: TomlPosition) -> Bool { base.file == nil && valuesOfVariables.contains(position) }

    /// How many problems there are.
    var problemCount: Int { problems.count + uncounted }

    /// How a message names another place: its line where that is in the same file.
    func location(of position: TomlPosition, seenFrom other: TomlPosition) -> String {
        position.file == other.file ? "line \(position.line)" : location(position).description
    }

    /// Whether further problems are only counted.
    var isFull: Bool { problems.count >= Self.maxProblems }

    func know(_ pattern: String) {
        knownKeys.insert(pattern)
    }

    func report(
        _ severity: Problem.Severity, _ keyPath: String, at position: TomlPosition, _ message: String, hint: String? = nil
    ) {
        if severity == .error { hasError = true }
        guard base.file != nil || !faultyValues.contains(position) else { return }
        guard !isFull else {
            uncounted += 1
            return
        }
        problems.append(
            Problem(severity: severity, location: location(position), keyPath: keyPath, message: message, hint: hint))
    }

    func error<Value>(_ written: Written<Value>, _ message: String, hint: String? = nil) {
        report(.error, written.keyPath, at: written.position, message, hint: hint)
    }

    func warning<Value>(_ written: Written<Value>, _ message: String, hint: String? = nil) {
        report(.warning, written.keyPath, at: written.position, message, hint: hint)
    }

    /// All problems in the order of the file.
    func sortedProblems() -> [Problem] {
        var sorted = problems.enumerated().sorted { ($0.element.location, $0.offset) < ($1.element.location, $1.offset) }
            .map(\.element)
        if uncounted > 0, let last = sorted.last {
            let message = "and \(uncounted) more problems, not shown"
            sorted.append(
                Problem(severity: hasError ? .error : .warning, location: last.location, keyPath: "", message: message))
        }
        return sorted
    }
}
