import COpenSSL
import Glibc

/// Which files a site's certificates and keys are, and those that clients' are verified by, and what is in them: so that it is
/// seen when they have been replaced, by a rename, in place, or by another link on the way to them.
package struct CertificateFingerprint: Sendable, Equatable {
    /// Which files they are, by what stat(2) says.
    private var identity: [Identity]
    /// SHA-256 of what is in them.
    private let digest: [UInt8]

    private struct Identity: Sendable, Equatable {
        var device: UInt
        var number: UInt
        var size: Int
        /// The last change of content or inode, in nanoseconds since 1970.
        var changed: Int64

        init(_ status: stat) {
            device = UInt(status.st_dev)
            number = UInt(status.st_ino)
            size = Int(status.st_size)
            changed = max(Self.nanoseconds(status.st_ctim), Self.nanoseconds(status.st_mtim))
        }

        private static func nanoseconds(_ time: timespec) -> Int64 {
            Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
        }
    }

    /// PEM files are some kilobytes long; what is longer than this many bytes is none.
    private static let maxFileBytes = 4 << 20
    /// A file that was changed less than so many nanoseconds ago may change once more without another time: the kernel counts
    /// file times in ticks.
    private static let tick: Int64 = 2_000_000_000

    /// Reads the files.
    /// - Returns: nil if one of them cannot be read.
    package init?(_ files: [String]) {
        var contents: [SecretBytes]?
        self.init(files, &contents)
    }

    /// Reads the files, and keeps what is in them.
    /// - Parameter contents: of the files, in their order, if it was not nil; nil where it is not certain.
    package init?(_ files: [String], keeping contents: inout [SecretBytes]?) {
        contents = []
        self.init(files, &contents)
    }

    private init?(_ files: [String], _ contents: inout [SecretBytes]?) {
        guard let hash = unsafe EVP_MD_CTX_new() else { return nil }
        defer { unsafe EVP_MD_CTX_free(hash) }
        guard unsafe EVP_DigestInit_ex(hash, EVP_sha256(), nil) == 1 else { return nil }
        identity = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        // It has held a key.
        defer { unsafe OPENSSL_cleanse(&buffer, buffer.count) }
        for file in files {
            guard let found = unsafe Self.read(file, into: hash, by: &buffer, &contents) else { return nil }
            identity.append(found)
        }
        var digest = [UInt8](repeating: 0, count: 32)
        guard unsafe EVP_DigestFinal_ex(hash, &digest, nil) == 1 else { return nil }
        self.digest = digest
    }

    /// Is the same in the files, whichever files they are?
    package func hasSameContent(as other: CertificateFingerprint) -> Bool { digest == other.digest }

    /// Are they certainly the files as they were read? Asks only stat(2): false means that they have to be read.
    /// - Parameter now: nanoseconds since 1970.
    package func isCurrent(_ files: [String], now: Int64) -> Bool {
        for (file, identity) in zip(files, identity) {
            var status = stat()
            // The path is read and the struct filled during the call alone.
            guard unsafe stat(file, &status) == 0, Identity(status) == identity else { return false }
            if now - identity.changed <= Self.tick { return false }
        }
        return true
    }

    private static func read(
        _ file: String, into hash: OpaquePointer, by buffer: inout [UInt8], _ contents: inout [SecretBytes]?
    ) -> Identity? {
        // The path is read during the call alone.
        let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_size <= maxFileBytes else { return nil }
        let content = contents.map { _ in SecretBytes(capacity: Int(status.st_size)) }
        var total = 0
        while true {
            // read(2) writes at most the buffer's own length into it.
            let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            total += count
            guard count >= 0, total <= maxFileBytes else { return nil }
            if count == 0 { break }
            guard unsafe EVP_DigestUpdate(hash, buffer, count) == 1 else { return nil }
            if content?.append(buffer[..<count]) == false { contents = nil }
        }
        if let content { contents?.append(content) }
        // Where the one file ends and the other begins belongs to what is in them.
        var length = UInt64(total).littleEndian
        guard unsafe EVP_DigestUpdate(hash, &length, 8) == 1 else { return nil }
        return Identity(status)
    }
}
