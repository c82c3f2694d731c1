package import HTTP
import HTTP2

/// Encodes field sections of which most have come before: some of these are kept, and copied.
package final class EncodedSections {
    /// The sections that are kept, by the lowest bits of their text's length; more slots would seldom be of use.
    private let slots = (0..<8).map { _ in Slot() }

    /// What besides a text's bytes says what it was.
    private struct Shape: Equatable {
        /// The status of an answer; 0: it is a request.
        var status = 0
        /// The offsets at which a request's parts end, which follow each other.
        var methodEnd = 0
        var authorityEnd = 0
        var pathEnd = 0
        var isHTTPS = false
    }

    package init() {}

    /// Writes what `FieldEncoder.append(_:lines:to:)` does.
    package func appendAnswer(_ status: Int, lines: Span<UInt8>, to out: inout OutputSpan<UInt8>) {
        append(lines, Shape(status: status), to: &out) { FieldEncoder.append(status, lines: lines, to: &$0) }
    }

    /// Writes what `FieldEncoder.appendRequest` does, for a request that opens no WebSocket.
    /// - Parameter parts: follow each other in `bytes`, and there is nothing else.
    package func appendRequest(_ bytes: Span<UInt8>, _ parts: RequestParts, isHTTPS: Bool, to out: inout OutputSpan<UInt8>) {
        let shape = Shape(
            methodEnd: parts.method.upperBound, authorityEnd: parts.authority.upperBound, pathEnd: parts.path.upperBound,
            isHTTPS: isHTTPS)
        append(bytes, shape, to: &out) { FieldEncoder.appendRequest(bytes, parts, isHTTPS: isHTTPS, to: &$0) }
    }

    @inline(__always)
    private func append(
        _ text: Span<UInt8>, _ shape: Shape, to out: inout OutputSpan<UInt8>, encode: (inout OutputSpan<UInt8>) -> Void
    ) {
        let slot = slots[text.count & 7]
        if slot.copies(text, shape, to: &out) { return }
        let start = out.count
        encode(&out)
        if !out.isFull { slot.keep(text, shape, as: out.span.extracting(start...)) }
    }

    /// One text and its encoded section, if it came twice in a row.
    private final class Slot {
        private var text: [UInt8] = []
        private var shape = Shape()
        private var section: [UInt8] = []
        /// The fingerprint of the last text that was encoded.
        private var lastFingerprint: UInt64 = 0

        /// Bytes of a text that is kept.
        private static let maxKeptBytes = 2048

        /// - Returns: has it written what it keeps, because that is asked for?
        func copies(_ text: Span<UInt8>, _ shape: Shape, to out: inout OutputSpan<UInt8>) -> Bool {
            guard text.count == self.text.count, shape == self.shape else { return false }
            let kept = self.text
            guard ByteScanning.same(text, kept.span) else { return false }
            out.write(section)
            return true
        }

        /// Keeps what comes for the second time in a row: another would hardly be asked for before the next one takes its place.
        func keep(_ text: Span<UInt8>, _ shape: Shape, as encoded: Span<UInt8>) {
            guard text.count <= Self.maxKeptBytes else { return }
            let fingerprint = ByteScanning.fingerprint(text)
            guard fingerprint == lastFingerprint else { return lastFingerprint = fingerprint }
            self.shape = shape
            // Anew, which is rare: written in place they would be checked at each look (price 1).
            var (keptText, keptSection): ([UInt8], [UInt8]) = ([], [])
            keptText.append(text)
            keptSection.append(encoded)
            (self.text, section) = (keptText, keptSection)
        }
    }
}
