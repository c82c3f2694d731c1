import HTTP

/// Several ranges of a file in one answer: `multipart/byteranges`, RFC 9110 §14.6.
enum MultipartRanges {
    /// 206 with each range and what it is of.
    static func answer(_ ranges: [Range<UInt64>], of chosen: Representation) -> StaticAnswer {
        let boundary = newBoundary()
        var type: [UInt8] = []
        chosen.fields.forEach { name, value in
            if isContentType(name) { type.append(value) }
        }
        var parts = ranges.map { range in
            // RFC 9110 §14.6 (1) lets a line's end stand before the first boundary, as nginx and Apache write it. zsync finds
            // no part without it.
            var preface = Array("\r\n--\(boundary)\r\nContent-Type: ".utf8)
            preface += type
            let contentRange = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(chosen.facts.size)"
            preface.append(contentsOf: "\r\nContent-Range: \(contentRange)\r\n\r\n".utf8)
            return FileBody.Part(preface: preface, range: range)
        }
        parts.append(FileBody.Part(preface: Array("\r\n--\(boundary)--\r\n".utf8), range: 0..<0))
        var answer = StaticAnswer(status: 206, reason: "parts of a static file")
        answer.fields = chosen.fields
        answer.fields.removeAll(named: isContentType)
        answer.fields.append("Content-Type", "multipart/byteranges; boundary=\(boundary)")
        answer.contentLength = parts.reduce(0) { $0 + UInt64($1.preface.count + $1.range.count) }
        answer.body = FileBody(parts, of: chosen.body(0..<0))
        return answer
    }

    private static func isContentType(_ name: Span<UInt8>) -> Bool { Text.equal(name, 0..<name.count, "content-type") }

    /// RFC 2046 §5.1.1: it must stand in no part, so nobody may know it when the file is written.
    private static func newBoundary() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<2).map { _ in
            let digits = String(generator.next(), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
