/// A value with the key that holds it and its place, for the checks that follow.
struct Written<Value> {
    var value: Value
    var keyPath: String
    var position: TomlPosition
}

/// What one reading of a document gathers: its problems, the places of its keys, and which keys were asked for.
final class Reading {
    /// Problems beyond these are counted, not kept: a megabyte of unknown keys must not become a gigabyte of messages.
    static let maxProblems = 200

    /// The configuration's own first, then those that it includes; each with the remark.
    private var files: [String]
    private let remark: String
    var mode: ReadMode
    /// Does the file say that it was written for BWS?
    var isForBWS = false
    var locations: KeyLocations
    /// Every key this reader knows, with `[]` for an index, if it is to note them: the reference page is tested against it.
    private(set) var knownKeys: Set<String> = []
    let notesKeys: Bool
    private var problems: [Problem] = []
    private var uncounted = 0
    private(set) var hasError = false
    /// Where texts stand that variables of the environment were put into.
    var valuesOfVariables: Set<TomlPosition> = []
    /// Where texts stand whose variables cannot be had, which is reported: nothing else is said of them.
    var faultyValues: Set<TomlPosition> = []

    /// - Parameter remark: stands behind the files' names.
    init(file: String, mode: ReadMode, notesKeys: Bool, remark: String = "") {
        self.notesKeys = notesKeys
        self.remark = remark
        files = [file + remark]
        self.mode = mode
        locations = KeyLocations(file: file + remark)
    }

    /// - Returns: the number of the file in positions.
    func addFile(_ path: String) -> Int {
        files.append(path + remark)
        return files.count - 1
    }

    /// A position as people read it.
    func location(_ position: TomlPosition) -> SourceLocation {
        SourceLocation(file: files[position.file], line: max(1, position.line), column: max(1, position.column))
    }

    /// Notes where a key stands.
    func note(_ keyPath: String, at position: TomlPosition) { locations.note(keyPath, location(position)) }

    /// How a message names another place: its line where that is in the same file.
    func words(for place: TomlPosition, seenFrom other: TomlPosition) -> String {
        place.file == other.file ? "line \(place.line)" : location(place).description
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
        guard !faultyValues.contains(position) else { return }
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
