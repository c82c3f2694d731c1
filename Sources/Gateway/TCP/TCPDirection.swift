import EventLoop
import Transport

/// One way of a connection that is passed on: from one socket to another, through a pipe that is borrowed while there is
/// something in it.
struct TCPDirection {
    private let source: Stream
    private let target: Stream
    private var pipe: SplicePipe?
    /// The source has nothing more to say.
    private var hasEnded = false
    /// So much the target knows.
    private(set) var isDone = false
    /// Bytes that have gone.
    private(set) var moved: UInt64 = 0

    /// What ended it before its time.
    struct Break: Error {
        enum Location {
            case source, target
            /// The gateway has no descriptor left.
            case here
        }

        /// The system's words.
        var reason: String
        var location: Location
    }

    /// What an attempt came to.
    enum Progress {
        case nothing
        /// Something has gone, and now a socket has to become ready.
        case blocked
        /// Something has gone, and there is more that could.
        case more
    }

    /// So often a direction goes on before the others of its loop have their turn.
    private static let rounds = 16

    init(from source: Stream, to target: Stream) {
        self.source = source
        self.target = target
    }

    /// Moves what can be moved.
    /// - Throws: what broke one of the sockets, or that there is no pipe to be had.
    mutating func advance(_ pipes: FreeList<SplicePipe>) throws(Break) -> Progress {
        if isDone { return .nothing }
        var count = 0
        while count < Self.rounds, try step(pipes) { count += 1 }
        if hasEnded, pipe == nil {
            isDone = true
            target.shutdownWriteWithoutCloseNotify()
            return .blocked
        }
        return count == Self.rounds ? .more : count > 0 ? .blocked : .nothing
    }

    private mutating func step(_ pipes: FreeList<SplicePipe>) throws(Break) -> Bool {
        var hasMoved = false
        if !hasEnded, source.socket.isReadable { hasMoved = try fill(pipes) }
        guard let pipe else { return hasMoved }
        do throws(SystemError) {
            if case .moved(let count) = try pipe.drain(into: target.socket) {
                moved += UInt64(count)
                hasMoved = true
            }
        } catch {
            throw Break(reason: error.reason, location: .target)
        }
        if pipe.count == 0 {
            self.pipe = nil
            pipes.put(pipe)
        }
        return hasMoved
    }

    private mutating func fill(_ pipes: FreeList<SplicePipe>) throws(Break) -> Bool {
        let pipe: SplicePipe
        if let borrowed = self.pipe ?? pipes.take() {
            pipe = borrowed
        } else {
            do throws(SystemError) { pipe = try SplicePipe() } catch { throw Break(reason: error.reason, location: .here) }
        }
        self.pipe = pipe
        do throws(SystemError) {
            switch try pipe.fill(from: source.socket) {
            case .moved: return true
            case .end: hasEnded = true
            case .blocked: break
            }
        } catch {
            throw Break(reason: error.reason, location: .source)
        }
        return false
    }

    /// Makes each socket wake its waiter when this direction could go on. Interests add up over both directions.
    func addInterests() {
        if isDone { return }
        if !hasEnded, !source.socket.isReadable { source.socket.interest = source.socket.interest.union(.read) }
        if pipe != nil, !target.socket.isWritable { target.socket.interest = target.socket.interest.union(.write) }
    }
}
