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
