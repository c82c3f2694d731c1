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

    let file: String
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

    init(file: String, mode: ReadMode, notesKeys: Bool) {
        self.notesKeys = notesKeys
        self.file = file
        self.mode = mode
        locations = KeyLocations(file: file)
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
        guard !isFull else {
            uncounted += 1
            return
        }
        let location = SourceLocation(file: file, line: max(1, position.line), column: max(1, position.column))
        problems.append(
            Problem(severity: severity, location: location, keyPath: keyPath, message: message, hint: hint))
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
