import EventLoop
import Gateway
import Glibc
import Transport

/// What this process has from the one whose place it takes.
final class Inheritance: Sendable {
    /// The predecessor's place cannot be taken.
    struct Unusable: Error, CustomStringConvertible {
        let description: String
    }

    /// The process whose place this one takes.
    let predecessor = getppid()
    let sockets: [PassedSocket]
    let stickySecret: String?
    private let ticketKeys: [String: [UInt8]]
    private let channel: HandoverChannel

    /// The variable that says so.
    static let variable = "GATEHOUSE_HANDOVER"

    /// - Returns: nil if this process has no predecessor.
    /// - Throws: what is wrong with it; the predecessor goes on then.
    static func take() throws -> Inheritance? {
        guard Environment.value(variable) != nil else { return nil }
        return try Inheritance(HandoverChannel(adopting: NewProcess.inherited))
    }

    private init(_ channel: HandoverChannel) throws {
        guard channel.isParents else {
            throw Unusable(description: "\(Self.variable) is set, and descriptor 3 is not the predecessor's")
        }
        var sockets: [PassedSocket] = []
        var ticketKeys: [String: [UInt8]] = [:]
        var stickySecret: String?
        var isKnown = false
        receiving: while true {
            guard let message = try Self.next(channel) else {
                throw Unusable(description: "the predecessor has gone while it handed over")
            }
            switch HandoverMessage(message.bytes) {
            case .version(HandoverMessage.presentVersion): isKnown = true
            case .socket(let isManagers) where isKnown:
                guard let descriptor = message.descriptor else { continue }
                sockets.append(try PassedSocket(descriptor, name: "handed over", isManagers: isManagers))
            case .ticketKeys(let address, let keys) where isKnown: ticketKeys[address] = keys
            case .stickySecret(let secret) where isKnown: stickySecret = secret
            case .end where isKnown: break receiving
            default: throw Unusable(description: "the predecessor hands over in a way that this version does not know")
            }
        }
        self.channel = channel
        self.sockets = sockets
        self.ticketKeys = ticketKeys
        self.stickySecret = stickySecret
    }

    /// - Returns: nil if the predecessor has gone.
    private static func next(_ channel: HandoverChannel) throws -> HandoverChannel.Message? {
        do throws(SystemError) {
            return try channel.receive(within: patience * 1000)
        } catch {
            guard error.code == EAGAIN else { throw error }
            throw Unusable(
                description: """
                    process \(getppid()), whose place is to be taken, has handed over nothing for \(patience) seconds: it is \
                    stopped or stuck (ps -o stat,wchan -p \(getppid())), and stays in its place; when it runs, ask for the \
                    upgrade again
                    """)
        }
    }

    /// Seconds within which each thing that is handed over is to come.
    private static let patience = 10

    /// Clients whose tickets are the predecessor's resume here.
    func giveTicketKeys(to plan: Plan) {
        for (address, keys) in ticketKeys { plan.adoptTicketKeys(keys, of: address) }
    }

    /// This process serves: waits for the predecessor's word that it has taken note of that, so that the service manager hears
    /// it from the one that it knows.
    func takeOver() {
        try? channel.send(HandoverMessage.serves.bytes.span)
        _ = try? channel.receive(within: 10_000)
    }
}
