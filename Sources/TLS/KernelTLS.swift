import COpenSSL
import Glibc

/// Records that the kernel protects (the kernel's Documentation/networking/tls.rst). Gatehouse needs it for nothing and leaves no
/// record to it; an operator may want to know whether it is there.
package enum KernelTLS {
    /// What the kernel's list of protocols above TCP says, which has those whose module is loaded.
    private static let list = "/proc/sys/net/ipv4/tcp_available_ulp"

    /// What `gatehouse check` says of kernel TLS.
    package static var summary: String {
        let openSSL = gh_has_kernel_tls() == 1 ? "OpenSSL is built for it" : "OpenSSL is built without it"
        return "not used; \(kernel(loaded)), \(openSSL)"
    }

    /// - Parameter loaded: the words of the list; nil if there is none.
    static func kernel(_ loaded: [Substring]?) -> String {
        guard let loaded else { return "the kernel does not tell whether it has it" }
        return loaded.contains("tls") ? "the kernel has it" : "the kernel has no tls module loaded"
    }

    private static var loaded: [Substring]? {
        guard let file = unsafe fopen(list, "r") else { return nil }
        defer { unsafe fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = unsafe fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self).split { $0 == " " || $0 == "\n" }
    }
}
