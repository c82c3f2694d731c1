/// A piece of a file that is not in memory: to be read where waiting harms nobody.
package struct FileReading: Sendable {
    let file: OpenFile
    let range: Range<UInt64>
    /// Where the body ends that it is a piece of.
    let end: UInt64

    /// Reads all of it. May block for as long as the file system likes.
    /// - Returns: its bytes, never none, or why they cannot be had.
    package func run() -> Result<[UInt8], StaticError> {
        let count = Int(range.upperBound - range.lowerBound)
        var bytes: [UInt8] = []
        do throws(StaticError) {
            try bytes.append(addingCapacity: count) { output throws(StaticError) in
                while output.count < count {
                    let offset = range.lowerBound + UInt64(output.count)
                    guard try file.read(into: &output, at: offset, limit: count - output.count) > 0 else {
                        throw .truncated(missing: end - offset)
                    }
                    guard file.isUnchangedOrGrown else { throw .changed }
                }
            }
        } catch {
            return .failure(error)
        }
        return .success(bytes)
    }
}
