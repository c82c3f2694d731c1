extension FieldSection {
    /// Gives the lines of a field other values.
    /// - Parameter change: the new value, which has no control byte; nil: the line stays as it is.
    mutating func changeValues(of known: KnownField, _ change: (Span<UInt8>) -> [UInt8]?) {
        for index in lines.indices where lines[index].known == known {
            let line = lines[index]
            guard let value = change(bytes.span.extracting(line.value)) else { continue }
            let start = bytes.count
            bytes += value
            lines[index] = FieldLine(name: line.name, value: start..<bytes.count, known: known)
        }
    }

    /// Takes out lines.
    /// - Parameter isUnwanted: gets a line and its name.
    mutating func removeLines(where isUnwanted: (FieldLine, Span<UInt8>) -> Bool) {
        let bytes = bytes
        lines.removeAll { isUnwanted($0, bytes.span.extracting($0.name)) }
        present = lines.reduce(0) { $0 | $1.known.bit }
    }
}

extension FieldSection {
    /// Makes one line of all those that say on what the answer depends, with each name once: there are caches that look only at
    /// the last one (nginx 1.22).
    mutating func joinVary() {
        var names: [Range<Int>] = []
        let bytes = bytes
        let span = bytes.span
        for line in lines where line.known == .vary {
            var members = ListMembers(line.value)
            while let member = members.next(span) {
                if !names.contains(where: { Text.equal(span, $0, span, member) }) { names.append(member) }
            }
        }
        var value: [UInt8] = []
        for name in names {
            if !value.isEmpty { value.append(", ") }
            value.append(span, name)
        }
        removeLines { line, _ in line.known == .vary }
        append(name: Array("Vary".utf8).span, value: value.span)
    }
}
