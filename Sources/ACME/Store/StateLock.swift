import Glibc
import Logging

/// The right to get certificates for a state directory: one process has it at a time.
struct StateLock {
    private var descriptor: Int32?
    private var saidIsTaken = false
    /// Why it cannot be had, as was said last.
    private var trouble: String?

    var isHeld: Bool { descriptor != nil }

    /// Takes it, unless it is held already. What is in the way is told once.
    /// - Returns: false while another process has it, or the directory cannot be written.
    mutating func take(in directory: StateDirectory, log: Logger) -> Bool {
        if isHeld { return true }
        do throws(ACMEError) {
            descriptor = try directory.lock(StatePath.lock)
        } catch {
            if trouble != error.description {
                trouble = error.description
                log.error("certificates cannot be kept", metadata: ["reason": "\(error)", "help": "\(error.hint)"])
            }
            return false
        }
        if descriptor == nil, !saidIsTaken {
            saidIsTaken = true
            log.warning(
                "another process uses the state directory: it renews the certificates",
                metadata: ["lock": "\(directory.location(of: StatePath.lock))"])
        }
        return isHeld
    }

    mutating func release() {
        if let held = descriptor.take() { close(held) }
    }
}
