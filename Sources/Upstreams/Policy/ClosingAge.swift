/// At what age a server closes its idle connections, as far as it has been seen to. A value; times in nanoseconds.
///
/// A request that may not be sent again must not meet that moment: it goes over a clearly younger connection, or over a new one.
struct ClosingAge {
    /// What is assumed of a server of which nothing is known: the shortest that a common one was seen to have by default is 2 s.
    private static let assumed: UInt64 = 2_000_000_000
    /// How many of the last closings count.
    private static let maxClosings = 8

    /// The age that the configuration states; nil if it does not say.
    private let stated: UInt64?
    /// The ages at which connections were closed; the newest last.
    private var closings: [UInt64] = []
    /// The greatest age at which one was seen open.
    private var outlived: UInt64 = 0
    /// Connections that have been idle for less will hardly be closed while a request is on its way.
    private(set) var usable: UInt64 = 0

    init(stated: UInt64?) {
        self.stated = stated
        decide()
    }

    /// The server has closed a connection that had been idle for so long.
    mutating func closed(at age: UInt64) {
        if closings.count == Self.maxClosings { closings.removeFirst() }
        closings.append(age)
        outlived = min(outlived, age)
        decide()
    }

    /// A connection that has been idle for so long is still open.
    mutating func isOpen(at age: UInt64) {
        guard age > outlived else { return }
        outlived = age
        // A server that ended closed its connections at whatever age they had: that was no rule of its.
        closings.removeAll { $0 < age / 2 }
        decide()
    }

    private mutating func decide() {
        if let least = closings.min() {
            usable = min(KeepAlive.safe(least), stated ?? .max)
        } else {
            usable = stated ?? KeepAlive.safe(max(Self.assumed, outlived))
        }
    }
}
