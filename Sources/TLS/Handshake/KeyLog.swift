import COpenSSL
import Glibc

/// A file with the secrets of all sessions, by which who has recorded the traffic can read it (the format of NSS's key log). It
/// is off unless an operator switches it on.
package enum KeyLog {
    /// There will be one: contexts that are made from now on tell their sessions' secrets.
    package static func prepare() { gh_want_key_log() }

    /// Appends to a file from now on, which only its owner may read.
    /// - Throws: `.system`: the file cannot be opened, or is none.
    package static func open(_ path: String) throws(TLSError) {
        let file = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
        guard file >= 0 else { throw TLSError.system(errno) }
        // It may have been there, with other rights.
        guard fchmod(file, 0o600) == 0 else {
            let code = errno
            close(file)
            throw TLSError.system(code)
        }
        gh_log_keys(file)
    }
}
