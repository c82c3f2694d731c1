/// A place in a configuration file. Lines and columns count from 1; a column is a Unicode scalar.
package struct SourceLocation: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var file: String
    package var line: Int
    package var column: Int

    package init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// `file:line:column`, as editors and compilers write it.
    package var description: String { "\(file):\(line):\(column)" }

    package static func < (left: SourceLocation, right: SourceLocation) -> Bool {
        (left.file, left.line, left.column) < (right.file, right.line, right.column)
    }
}

/// Where a text begins whose positions are counted from its own beginning.
struct TextBase: Sendable {
    /// Nil: positions say their file themselves.
    var file: Int?
    var linesBefore = 0

    func location(_ position: TomlPosition, in files: [String]) -> SourceLocation {
        SourceLocation(
            file: files[file ?? position.file], line: max(1, position.line) + linesBefore, column: max(1, position.column))
    }
}
