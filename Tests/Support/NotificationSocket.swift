import CLinux
import Foundation
import Glibc

/// A service manager's ear: the socket that `NOTIFY_SOCKET` names (sd_notify(3)).
package final class NotificationSocket: Sendable {
    /// For the environment of the service.
    package let name: String
    /// What has come: each message's assignments.
    package let messages = Journal<[String: String]>("messages to the service manager")
    private let socket: StoppableSocket

    /// - Parameter path: of the socket; an abstract name if it begins with `@`.
    package init(_ path: String) throws {
        name = path
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Wire.Failure("socket") }
        var bytes = Array(path.utf8)
        let isAbstract = bytes[0] == UInt8(ascii: "@")
        if isAbstract { bytes[0] = 0 }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        // The name of an abstract one is every byte that is given.
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count + (isAbstract ? 0 : 1))
        let bound = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(descriptor, $0, length) }
        }
        guard bound == 0 else { throw Wire.Failure("bind to \(path)") }
        let socket = StoppableSocket(descriptor)
        self.socket = socket
        let messages = messages
        detachThread {
            var message = [UInt8](repeating: 0, count: 4096)
            while true {
                // The pointer is used during the call alone.
                let count = unsafe message.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
                guard count > 0 else { break }
                messages.append(Self.assignments(String(decoding: message.prefix(count), as: UTF8.self)))
            }
            messages.close()
            socket.close()
        }
    }

    deinit {
        socket.stop()
    }

    /// The first message that makes this assignment, as soon as it is there; of those after the first `count`.
    package func first(_ variable: String, after count: Int = 0) async throws -> [String: String] {
        while true {
            let seen = messages.all
            if let found = seen.dropFirst(count).first(where: { $0[variable] != nil }) { return found }
            _ = try await messages.first(seen.count + 1)
        }
    }

    private static func assignments(_ text: String) -> [String: String] {
        let pairs = text.split(separator: "\n").map { line in
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
        }
        return Dictionary(pairs, uniquingKeysWith: { $1 })
    }
}
