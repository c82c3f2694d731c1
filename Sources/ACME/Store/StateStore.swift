import TLS

/// Where accounts and certificates are kept: small files with paths of a few components. The one that there is, is
/// `StateDirectory`.
protocol StateStore: Sendable {
    /// - Returns: nil if there is none.
    func read(_ path: String) throws(ACMEError) -> [UInt8]?
    /// Replaces the file whole, or not at all; it is on the disk when this returns. Nobody but this user can read it.
    func write(_ bytes: [UInt8], to path: String) throws(ACMEError)
    /// Makes a file, whole; it is on the disk when this returns.
    /// - Returns: false if there is one already, which stays.
    func create(_ bytes: [UInt8], at path: String) throws(ACMEError) -> Bool
    /// What is not there need not be removed.
    func remove(_ path: String) throws(ACMEError)
    /// Gives a file that cannot be used another name, so that it is neither read again nor lost.
    /// - Returns: the name.
    func setAside(_ path: String) throws(ACMEError) -> String
    /// The names in a folder, without those that begin with a dot; none if there is no such folder.
    func list(_ folder: String) -> [String]
    /// Where the file stands for others who read it.
    func location(of path: String) -> String
}

/// Names of files.
enum StatePath {
    /// Systems allow names of 255 bytes, and some have a suffix.
    private static let maxScalars = 180

    /// A file's name for any text: letters that could mean something else become an underscore, and of long ones that begin alike
    /// a digest makes several.
    static func component(_ text: String) -> String {
        guard text.unicodeScalars.count <= maxScalars else {
            let digest = Base64URL.text(sha256(Array(text.utf8)).prefix(12))
            return plain(text.unicodeScalars.prefix(maxScalars - digest.count - 1)) + "-" + digest
        }
        return plain(text.unicodeScalars[...])
    }

    private static func plain(_ letters: Substring.UnicodeScalarView) -> String {
        var name = ""
        for letter in letters {
            let isPlain = letter.isASCII && (letter.properties.isAlphabetic || letter.properties.numericType != nil)
            let isMark = "-.@+".unicodeScalars.contains(letter)
            name.unicodeScalars.append(isPlain || isMark ? letter : "_")
        }
        // Neither hidden nor a way out.
        return name.hasPrefix(".") ? "_" + name.dropFirst() : name
    }

    static func certificate(_ name: String) -> String {
        "acme/certificates/\(component(name.replacing("*", with: "_wildcard")))"
    }

    static let certificates = "acme/certificates"
    static let lock = "acme/lock"
    /// Empty files, named as certificates' folders: renewals that an operator wishes for.
    static let wishes = "acme/renew"
}
