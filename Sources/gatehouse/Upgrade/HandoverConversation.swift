import EventLoop
import Gateway
import Glibc
import Transport

/// What a process says to the one that takes its place: it gets the listening sockets, and what clients have been given.
struct HandoverConversation: Sendable {
    let plan: Plan
    let sockets: [PassedSocket]
    let successor: pid_t
    let channel: HandoverChannel

    /// Milliseconds that the new process may take until it serves: with many certificates it takes a while.
    private static let readyTimeout = 120_000

    /// Sends everything, and waits until the new process serves: on a thread of its own, since it may take long.
    func run() async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            do throws(SystemError) {
                try NamedThread.start(name: "upgrade") { continuation.resume(with: Result { try talkInTime() }) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    private func talkInTime() throws {
        do { try talk() } catch let error as SystemError where error.code == EAGAIN {
            throw stalled(hasTaken: error.call == "recvmsg")
        }
    }

    private func talk() throws {
        try channel.send(HandoverMessage.version(HandoverMessage.presentVersion).bytes.span)
        for socket in sockets {
            try channel.send(HandoverMessage.socket(isManagers: socket.isManagers).bytes.span, socket: socket.descriptor)
        }
        for (address, keys) in plan.ticketKeys {
            try channel.send(HandoverMessage.ticketKeys(address: address, keys: keys).bytes.span)
        }
        try channel.send(HandoverMessage.stickySecret(plan.stickySecret).bytes.span)
        try channel.send(HandoverMessage.end.bytes.span)
        guard let answer = try channel.receive(within: Self.readyTimeout) else {
            throw Upgrader.Failed(description: "the new process has gone before it served")
        }
        guard case .serves = HandoverMessage(answer.bytes) else {
            throw Upgrader.Failed(description: "the new process does not answer as Gatehouse does")
        }
    }

    /// - Parameter hasTaken: has it taken what was handed over?
    private func stalled(hasTaken: Bool) -> Upgrader.Failed {
        let what =
            hasTaken
            ? "did not say within \(Self.readyTimeout / 1000) seconds that it serves" : "takes nothing of what it is given"
        return Upgrader.Failed(
            description: """
                the new process, \(successor), \(what), and was ended: what it has logged tells how far it has come; whether it \
                is the program that is meant, and how long that takes to read its files, can be seen by its command check
                """)
    }
}
