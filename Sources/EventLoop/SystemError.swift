import Glibc

/// A failed system call: which one and why.
package struct SystemError: Error, CustomStringConvertible, Equatable {
    package let call: String
    /// The `errno` of the call.
    package let code: Int32

    /// Takes `errno` as it stands, so make it right after the call.
    package init(_ call: String, code: Int32 = errno) {
        self.call = call
        self.code = code
    }

    /// The system's words for the code, such as "Address already in use".
    package var reason: String { unsafe String(cString: strerror(code)) }

    package var description: String { "\(call): \(reason)" }
}
