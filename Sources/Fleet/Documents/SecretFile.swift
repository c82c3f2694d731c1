import ACME

/// A file into which an operator has written a secret.
enum SecretFile {
    /// What is in it, without the byte-order mark that some editors put before all.
    /// - Parameter file: of up to 1 MiB; may be relative to the working directory.
    /// - Returns: nil if it cannot be read.
    static func text(of file: String) -> String? {
        guard let bytes = StateDirectory.contents(of: file.hasPrefix("/") ? file : "./\(file)") else { return nil }
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        return String(decoding: text, as: UTF8.self)
    }

    /// The first line that is not empty: a user's password stands there alone.
    /// - Returns: nil if the file cannot be read; empty if there is no such line.
    static func password(in file: String) -> String? {
        text(of: file).map { String($0.split(whereSeparator: \.isNewline).first ?? "") }
    }
}
