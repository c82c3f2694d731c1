package import HTTP

/// An answer's field section as it is decoded, field by field, put together as the head that HTTP/1.1 would have: it is then
/// judged by the one parser there is, as `RequestFields` are.
///
/// What only HTTP/2 knows is judged here, RFC 9113 §8.2 and §8.3.2.
package struct ResponseFields: ~Copyable {
    /// Lines as HTTP/1 writes them.
    private var lines: [UInt8]
    /// 100...599, but for 101, which HTTP/2 does not have (RFC 9113 §8.6); 0 as long as it has not come.
    package private(set) var status = 0
    /// What `content-length` says; nil without one, or with one that frames no body.
    package private(set) var declaredLength: UInt64?
    private var hasRegular = false
    private var count = 0
    /// Bytes of all fields, as RFC 9113 §6.5.2 counts them without its 32 for each.
    private var size = 0
    /// The first rule that was broken, or limit that was passed; nil as long as none is.
    package private(set) var refusal: RefusalReason?
    private let limits: HeadLimits

    /// - Parameter storage: an empty array, for its room.
    package init(limits: HeadLimits, storage: consuming [UInt8] = []) {
        self.limits = limits
        lines = storage
    }

    /// Gives the array back that it was made with, emptied.
    package consuming func takeStorage() -> [UInt8] {
        var storage = exchange(&lines, with: [])
        if !storage.isEmpty { storage.removeAll(keepingCapacity: true) }
        return storage
    }

    /// Adds the next field; see `FieldDecoder.Take`.
    package mutating func add(name: Span<UInt8>, value: Span<UInt8>, index: Int = 0) {
        guard refusal == nil else { return }
        size += name.count + value.count + 4
        count += 1
        refusal = excess(of: name, value) ?? FieldRules.malformation(name: name, value: value, index: index)
        guard refusal == nil else { return }
        let isPseudo = (1...14).contains(index) || (index == 0 && name[0] == 0x3A)
        if isPseudo {
            refusal = takePseudo(name, value)
        } else {
            takeLine(name, value, isLength: index == 28 || (index == 0 && name.isEqual(toLetters: "content-length")))
        }
    }

    /// Ends the section, all of whose fields have come: a status must be among them.
    package mutating func conclude() {
        if refusal == nil, status == 0 { refusal = .pseudoFieldMissing }
    }

    private func excess(of name: Span<UInt8>, _ value: Span<UInt8>) -> RefusalReason? {
        if size > limits.maxHeadBytes { return .headTooLarge }
        if count > limits.maxFields + 1 { return .tooManyFields }
        return name.count + value.count + 4 > limits.maxFieldBytes ? .fieldTooLarge : nil
    }

    private mutating func takePseudo(_ name: Span<UInt8>, _ value: Span<UInt8>) -> RefusalReason? {
        guard name.spells(":status") else { return .pseudoFieldUnknown }
        if hasRegular { return .pseudoFieldLate }
        guard status == 0 else { return .pseudoFieldRepeated }
        guard value.count == 3, let number = Text.decimal(value, 0..<3, maxDigits: 3), 100...599 ~= number, number != 101 else {
            return .statusInvalid
        }
        status = Int(number)
        return nil
    }

    private mutating func takeLine(_ name: Span<UInt8>, _ value: Span<UInt8>, isLength: Bool) {
        hasRegular = true
        if isLength { declaredLength = BodyFraming.statedLength(in: value) }
        lines.append(guessing: name.count + value.count + 5) { out in
            out.write(name)
            out.write(": ")
            out.write(value)
            out.write("\r\n")
        }
    }

    /// Writes the head as HTTP/1.1 has it.
    /// - Parameter switching: lines that make a 101 of it, each with its end; empty: it stays what it is.
    package func appendHead(switching: [UInt8] = [], to out: inout [UInt8]) {
        out.append(guessing: lines.count + switching.count + 20) { out in
            out.write("HTTP/1.1 ")
            out.write(decimal: switching.isEmpty ? UInt64(status) : 101)
            out.write(" \r\n")
            out.write(lines)
            out.write(switching)
            out.write("\r\n")
        }
    }
}
