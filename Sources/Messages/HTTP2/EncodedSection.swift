package import HTTP
import HTTP2

/// Encodes field sections of which most are the same as the one before: that one is kept, and copied.
package final class EncodedSection {
    /// What was encoded, and what besides its bytes says what it was.
    private var text: [UInt8] = []
    private var shape = Shape()
    private var section: [UInt8] = []
    /// How long the last text was.
    private var lastCount = 0

    private struct Shape: Equatable {
        /// Of an answer.
        var status = 0
        /// Of a request: where its parts end, which follow each other.
        var methodEnd = 0
        var authorityEnd = 0
        var pathEnd = 0
        var isHTTPS = false
    }

    /// Bytes of a text that is kept.
    private static let mostKept = 2048

    package init() {}

    /// As `FieldEncoder.append(_:lines:to:)`.
    package func appendAnswer(_ status: Int, lines: Span<UInt8>, to out: inout OutputSpan<UInt8>) {
        let shape = Shape(status: status)
        if isKept(lines, shape) { return out.write(section) }
        let start = out.count
        FieldEncoder.append(status, lines: lines, to: &out)
        keep(lines, shape, as: out, from: start)
    }

    /// As `FieldEncoder.appendRequest`, of a request that opens no WebSocket.
    /// - Parameter parts: follow each other in `bytes`, and there is nothing else.
    package func appendRequest(_ bytes: Span<UInt8>, _ parts: RequestParts, isHTTPS: Bool, to out: inout OutputSpan<UInt8>) {
        let shape = Shape(
            methodEnd: parts.method.upperBound, authorityEnd: parts.authority.upperBound, pathEnd: parts.path.upperBound,
            isHTTPS: isHTTPS)
        if isKept(bytes, shape) { return out.write(section) }
        let start = out.count
        FieldEncoder.appendRequest(bytes, parts, isHTTPS: isHTTPS, to: &out)
        keep(bytes, shape, as: out, from: start)
    }

    private func isKept(_ text: Span<UInt8>, _ shape: Shape) -> Bool {
        guard text.count == self.text.count, shape == self.shape else { return false }
        let kept = self.text
        return ByteScanning.same(text, kept.span)
    }

    /// Keeps what has been written, if the last text was as long: else the next is hardly the same as this one.
    private func keep(_ text: Span<UInt8>, _ shape: Shape, as out: borrowing OutputSpan<UInt8>, from start: Int) {
        guard text.count == lastCount, text.count <= Self.mostKept, !out.isFull else { return lastCount = text.count }
        self.shape = shape
        replace(&self.text, by: text)
        replace(&section, by: out.span.extracting(start...))
    }

    private func replace(_ bytes: inout [UInt8], by others: Span<UInt8>) {
        if !bytes.isEmpty { bytes.removeAll(keepingCapacity: true) }
        bytes.append(others)
    }
}
