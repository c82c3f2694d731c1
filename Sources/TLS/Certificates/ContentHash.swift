import COpenSSL

/// SHA-256 (FIPS 180-4) of what a file holds, as sha256sum(1) writes it.
package enum ContentHash {
    /// - Returns: 64 lower-case hexadecimal digits.
    package static func hexadecimal(_ bytes: [UInt8]) -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        // EVP_Digest reads the bytes and writes the digest's 32 during the call alone; it fails only for want of memory.
        let isDone = unsafe EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil) == 1
        precondition(isDone, "SHA-256 is always there")
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
