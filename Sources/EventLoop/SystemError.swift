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

    /// Does the process or the machine lack what the call takes, descriptors or memory? What the call was about is not to blame.
    package var isExhaustion: Bool {
        switch code {
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: true
        default: false
        }
    }

    /// The system's words for the code, such as "Address already in use".
    package var reason: String { unsafe String(cString: strerror(code)) }

    package var description: String { "\(call): \(reason)" }
}
