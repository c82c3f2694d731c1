import COpenSSL
import Glibc

/// What holds a certificate, a key, or whatever else is read to its end. Whoever opens a pipe waits for somebody to write, and
/// whoever reads it for an end that may never come: with it a reload would hang, or a start.
enum RegularFile {
    /// Bytes: the longest revocation lists have some ten million. A file that was exchanged for something else, as a log or an
    /// image, would be read for minutes, several times, before it is found to be none.
    private static let maxBytes = 64 << 20

    /// Why a file is not to be opened.
    /// - Returns: nil if it may be, or is not there: whoever opens it says so.
    static func refusal(_ path: String) -> String? {
        var status = stat()
        // The path is read and the struct filled during the call alone.
        guard unsafe stat(path, &status) == 0 else { return nil }
        // A directory is opened at once, and has an error of its own.
        guard [S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) else { return "it is not a regular file" }
        return status.st_size > maxBytes ? "it is larger than \(maxBytes >> 20) MiB" : nil
    }

    /// - Throws: `.configuration` that names the first of the files which is none.
    static func check(_ files: [(path: String, kind: TLSError.File?)]) throws(TLSError) {
        for (path, kind) in files {
            if let reason = refusal(path) { throw TLSError(.configuration(kind), "cannot read \(path): \(reason)") }
        }
    }

    /// Opens a regular file as BIO_new_file(3) does: the BIO is the caller's; nil also for what is no regular file.
    static func open(_ path: String) -> OpaquePointer? {
        guard refusal(path) == nil else { return nil }
        return unsafe BIO_new_file(path, "r")
    }
}

extension CertificateFiles {
    /// Are files that an operator has named what can be read to an end? Before they are read.
    /// - Throws: `.configuration`, naming the first that is not.
    package static func checkAreRegular(_ all: [CertificateFiles]) throws(TLSError) {
        for (number, files) in all.enumerated() {
            do throws(TLSError) {
                try RegularFile.check(
                    [(files.certificate, .certificate)] + (files.isKeyInStore ? [] : [(files.key, .key)]))
            } catch {
                throw error.ofCertificate(number)
            }
        }
    }
}
