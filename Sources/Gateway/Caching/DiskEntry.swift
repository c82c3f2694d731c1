import HTTP
import Synchronization

/// A stored answer on disk, as it is found in memory.
final class DiskEntry: StoredForm, Sendable {
    let key: CacheKey
    let varying: VaryingFields
    let values: [UInt8]
    /// The name of its file, as a number.
    let number: UInt64
    let cost: Int
    private let written: Atomic<Bool>

    /// - Parameters:
    ///   - size: bytes of the file.
    ///   - isWritten: is the file there already?
    init(_ file: AnswerFile, _ varying: VaryingFields, number: UInt64, size: Int, isWritten: Bool) {
        key = file.key
        self.varying = varying
        values = file.values
        self.number = number
        // As file systems count: in blocks, with one more for the name and what is known of the file.
        cost = (size + 4095) / 4096 * 4096 + 4096
        written = Atomic(isWritten)
    }

    /// Is the file there? Only then it can be read.
    var isWritten: Bool { written.load(ordering: .acquiring) }

    func becomeWritten() { written.store(true, ordering: .releasing) }

    /// The name of its file.
    var name: String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: Self.nameLength - digits.count) + digits
    }

    private static let nameLength = 16

    /// The number of a file of this name; nil if it is none of ours.
    static func number(of name: String) -> UInt64? {
        guard name.utf8.count == nameLength, name.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        return UInt64(name, radix: 16)
    }
}
