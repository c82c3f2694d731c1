import Glibc

/// How this process is called by others.
package enum ProcessNames {
    /// The machine's name (gethostname(2)); `-` if there is none.
    package static var host: String {
        var name = [CChar](repeating: 0, count: 256)
        // The call fills the room, whose last byte stays zero.
        let result = unsafe gethostname(&name, name.count - 1)
        let text = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return result == 0 && !text.isEmpty ? text : "-"
    }

    /// Its number (getpid(2)).
    package static var number: Int32 { getpid() }
}
