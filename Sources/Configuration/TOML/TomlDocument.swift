import CToml
import Glibc

/// The reader over toml++: bytes in, a tree of Swift values out. Nothing of the C library leaves this file.
enum TomlDocument {
    /// A configuration longer than this many bytes is refused; memory stays bounded whatever the file is.
    static let maxBytes = 4 << 20

    /// Parses a document.
    ///
    /// - Throws: what is wrong and where. toml++ stops at its first error.
    static func parse(_ bytes: [UInt8]) throws(TomlSyntaxError) -> TomlTable {
        guard bytes.count <= maxBytes else {
            throw TomlSyntaxError(message: tooLong, position: TomlPosition(line: 1, column: 1))
        }
        if let tooDeep = TomlNesting.firstExcess(in: bytes) { throw tooDeep }
        return try parse(checked: bytes[...])
    }

    /// Parses a document whose length and nesting are known to be in bounds: toml++, its destructors and `node(at:)` below
    /// recurse as deep as the text nests.
    ///
    /// - Throws: as ``parse(_:)``.
    static func parse(checked bytes: ArraySlice<UInt8>) throws(TomlSyntaxError) -> TomlTable {
        // The pointer is used only during the call: gh_toml_parse copies what it keeps.
        let document = unsafe bytes.withUnsafeBytes { raw in
            unsafe gh_toml_parse(raw.bindMemory(to: CChar.self).baseAddress, raw.count)
        }
        // gh_toml_parse never returns NULL; the import cannot say so.
        guard let document = unsafe document else {
            throw TomlSyntaxError(message: "out of memory", position: TomlPosition(line: 1, column: 1))
        }
        // The only owner; nothing below keeps a pointer into it.
        defer { unsafe gh_toml_free(document) }
        // The list lives as long as the document, and has exactly that many nodes.
        let nodes = unsafe UnsafeBufferPointer(start: gh_toml_nodes(document), count: gh_toml_node_count(document))
        guard !nodes.isEmpty else { throw unsafe syntaxError(of: document) }
        var next = 0
        guard case .table(let root) = unsafe node(at: &next, of: nodes).value else {
            return TomlTable()
        }
        return root
    }

    /// The bytes of a file, or in words why it cannot be read.
    static func bytes(ofFileAt path: String) -> Result<[UInt8], FileFailure> {
        guard !path.utf8.contains(0) else { return .failure(FileFailure(reason: "the path holds a NUL")) }
        // Not blocking: a pipe that nobody writes to would hold whoever opens it for good. The string lives through the call,
        // with its NUL.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { return .failure(lastFailure()) }
        defer { close(descriptor) }
        // One that somebody has begun to write to is read to its end.
        guard fcntl(descriptor, F_SETFL, 0) == 0 else { return .failure(lastFailure()) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while content.count <= maxBytes {
            // read(2) writes at most the chunk's own length into it.
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { return .failure(lastFailure()) }
            guard count > 0 else { return .success(content) }
            content += chunk[..<count]
        }
        return .failure(FileFailure(reason: tooLong))
    }

    struct FileFailure: Error {
        var reason: String
    }

    private static let tooLong = "longer than \(maxBytes >> 20) MiB"

    private static func lastFailure() -> FileFailure {
        // strerror's text is valid until its next call on this thread, and copied here.
        FileFailure(reason: unsafe String(cString: strerror(errno)))
    }

    private static func syntaxError(of document: OpaquePointer) -> TomlSyntaxError {
        var length = 0
        var line: UInt32 = 0
        var column: UInt32 = 0
        // The text lives as long as the document, `length` bytes, and is copied here.
        let text = unsafe gh_toml_error(document, &length, &line, &column)
        // toml++ writes whole sentences: "Error while parsing value: …".
        let message = unsafe string(text, length).replacing("Error while parsing", with: "while parsing", maxReplacements: 1)
        // Of a table that cannot be there toml++ says so once it has read its line.
        let isBehind = column == 1 && line > 1 && message.contains("table header: cannot insert")
        let position = TomlPosition(line: max(1, Int(line) - (isBehind ? 1 : 0)), column: max(1, Int(column)))
        return TomlSyntaxError(message: message, position: position)
    }

    /// The node at `next` with all its children; `next` moves behind them.
    private static func node(at next: inout Int, of nodes: UnsafeBufferPointer<CTomlNode>) -> TomlNode {
        // `next` stays below the count: the shim's children counts add up to it, and buffer pointers check in debug builds.
        let source = unsafe nodes[next]
        next += 1
        let position = unsafe TomlPosition(line: Int(source.line), column: Int(source.column))
        return TomlNode(value: unsafe value(of: source, at: &next, of: nodes), position: position)
    }

    /// The text's pointer and length are those of the node's kind, as the shim has set them; see `string`.
    private static func value(
        of source: CTomlNode, at next: inout Int, of nodes: UnsafeBufferPointer<CTomlNode>
    ) -> TomlValue {
        switch unsafe Int(source.kind) {
        case CTOML_TABLE: return unsafe .table(table(of: source, at: &next, of: nodes))
        case CTOML_ARRAY:
            var elements: [TomlNode] = []
            for _ in 0..<(unsafe source.children) { elements.append(unsafe node(at: &next, of: nodes)) }
            return .array(elements)
        case CTOML_STRING: return unsafe .string(string(source.text, source.text_length))
        case CTOML_INTEGER: return unsafe .integer(Int(source.integer))
        case CTOML_FLOAT: return unsafe .float(source.floating)
        case CTOML_BOOLEAN: return unsafe .boolean(source.boolean != 0)
        default: return .dateOrTime
        }
    }

    private static func table(
        of source: CTomlNode, at next: inout Int, of nodes: UnsafeBufferPointer<CTomlNode>
    ) -> TomlTable {
        var table = TomlTable()
        for _ in 0..<(unsafe source.children) {
            // Read before `node(at:)` moves on; the child itself is the node at `next`.
            let child = unsafe nodes[next]
            let key = unsafe string(child.key, child.key_length)
            let position = unsafe TomlPosition(line: Int(child.key_line), column: Int(child.key_column))
            table.entries.append(
                TomlTable.Entry(key: key, keyPosition: position, node: unsafe node(at: &next, of: nodes)))
        }
        // toml++ sorts a table by key; the order of fields and of messages is the document's.
        table.entries.sort { ($0.keyPosition.line, $0.keyPosition.column) < ($1.keyPosition.line, $1.keyPosition.column) }
        return table
    }

    /// A copy of a text that the document owns.
    private static func string(_ start: UnsafePointer<CChar>?, _ length: Int) -> String {
        // The shim gives the text's own length with its start.
        let bytes = unsafe UnsafeRawBufferPointer(start: start, count: length)
        return unsafe String(decoding: bytes, as: UTF8.self)
    }
}
