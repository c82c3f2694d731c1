/// A file of the state directory as a document: what it holds, or that it is gone.
enum SharedFile {
    private static let gone: UInt8 = 0
    private static let there: UInt8 = 1

    static func bytes(_ content: [UInt8]?) -> [UInt8] { content.map { [there] + $0 } ?? [gone] }

    /// - Returns: nil if it is no such document; nil in it: the file is gone.
    static func content(_ bytes: [UInt8]) -> [UInt8]?? {
        switch bytes.first {
        case there: .some(Array(bytes.dropFirst()))
        case gone where bytes.count == 1: .some(nil)
        default: nil
        }
    }

    /// Is it a path that files are shared of, and no way out?
    static func isPath(_ path: String) -> Bool {
        let isShared = ["acme/accounts/", "acme/certificates/", "internal/"].contains { path.hasPrefix($0) }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return isShared && path.utf8.count <= 512 && path.utf8.allSatisfy { 0x21...0x7E ~= $0 }
            && parts.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") }
    }
}

/// What a file holds, in short.
struct FileMark: Equatable {
    private let hash: Int
    private let count: Int

    init(_ content: [UInt8]?) {
        hash = content.hashValue
        count = content?.count ?? -1
    }
}
