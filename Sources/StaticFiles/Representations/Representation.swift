import ContentCodings
import HTTP

/// One of the forms in which a file is served: its bytes, and what an answer says of them.
final class Representation {
    /// What is known of the file that the bytes come from.
    let facts: FileMetadata
    let encoding: ContentCoding
    /// Compressed on the way, so that its length is not known before the end.
    let isStreamed: Bool
    let validators: Validators
    /// The fields of a 200, and of a 206 before its own are added.
    let fields: AnswerFields
    /// The fields of a 304.
    let notModifiedFields: AnswerFields
    private var source: Source
    /// The body that collects its bytes, while it is under way: one at a time is enough.
    weak var collector: FileBody?

    private enum Source {
        case file(OpenFile)
        /// The whole representation.
        case memory([UInt8])
    }

    init(
        _ file: OpenFile, encoding: ContentCoding, isStreamed: Bool, validators: Validators, fields: AnswerFields,
        notModifiedFields: AnswerFields
    ) {
        facts = file.facts
        self.encoding = encoding
        self.isStreamed = isStreamed
        self.validators = validators
        self.fields = fields
        self.notModifiedFields = notModifiedFields
        source = .file(file)
    }

    /// Bytes to declare; nil while they are not known.
    var length: UInt64? {
        switch source {
        case .memory(let bytes): UInt64(bytes.count)
        case .file: isStreamed ? nil : facts.size
        }
    }

    /// The open file, unless the bytes are in memory.
    var file: OpenFile? {
        guard case .file(let file) = source else { return nil }
        return file
    }

    /// All of the bytes, if they are in memory.
    var content: [UInt8]? {
        guard case .memory(let bytes) = source else { return nil }
        return bytes
    }

    /// The bytes, whichever way they are to be had. Errors: `.other` if the encoder cannot start.
    func body(_ levels: EncodingLevels) throws(StaticError) -> FileBody {
        switch source {
        case .memory(let bytes): return FileBody(bytes, range: 0..<bytes.count)
        case .file(let file):
            guard isStreamed else { return FileBody(file, range: 0..<facts.size) }
            do throws(EncodingError) {
                guard let encoder = try encoding.encoder(levels) else { return FileBody(file, range: 0..<facts.size) }
                return FileBody(file, through: encoder)
            } catch {
                throw .other(reason: error.reason)
            }
        }
    }

    /// The bytes in `range`, which lies in the file. Not for a streamed representation, which has no known ranges.
    func body(_ range: Range<UInt64>) -> FileBody {
        switch source {
        case .memory(let bytes): FileBody(bytes, range: Int(range.lowerBound)..<Int(range.upperBound))
        case .file(let file): FileBody(file, range: range)
        }
    }

    /// Makes the bytes come from memory; the file is closed when the last body that reads it is done.
    func keep(_ bytes: [UInt8]) {
        source = .memory(bytes)
    }
}
