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

/// Where each written key path stands.
struct KeyLocations: Sendable {
    let file: String
    private(set) var written: [String: SourceLocation] = [:]

    init(file: String) { self.file = file }

    mutating func note(_ keyPath: String, _ location: SourceLocation) { written[keyPath] = location }

    func nearest(to keyPath: String) -> SourceLocation? {
        var path = Substring(keyPath)
        while !path.isEmpty {
            if let found = written[String(path)] { return found }
            guard let cut = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { return nil }
            path = path[..<cut]
        }
        return nil
    }
}
