import CAres
import CLinux
package import EventLoop
import Glibc

/// Names to addresses by /etc/hosts and DNS, on one event loop and without blocking it.
///
/// c-ares does the asking. Its sockets are in an epoll set of their own, which is one readable descriptor to the loop.
/// `@safe`: `names` is made in `init`, used on the loop's thread alone, and ended in `close` or `deinit`; nothing calls back
/// after.
@safe package final class Resolver {
    /// Whom it asks, and how patiently.
    package struct Settings: Sendable, Equatable {
        /// "127.0.0.1:53", "[::1]:53"; empty: those of /etc/resolv.conf.
        package var servers: [String] = []
        /// For the first attempt with each server, in nanoseconds; each further attempt waits twice as long.
        package var timeout: UInt64 = 2_000_000_000
        /// How often each server is asked.
        package var attempts = 2

        package init() {}
    }

    /// What a name has.
    package struct Answer: Sendable, Equatable {
        /// Without ports, in the order of preference (RFC 6724). Never empty.
        package var addresses: [SocketAddress]
        /// The shortest of the addresses' lives, in seconds; 0 for those of /etc/hosts.
        package var timeToLive: UInt64

        package init(addresses: [SocketAddress], timeToLive: UInt64) {
            self.addresses = addresses
            self.timeToLive = timeToLive
        }
    }

    /// Told once what became of a question.
    package typealias Outcome = (Result<Answer, TransportError>) -> Void

    private var names: OpaquePointer?
    private let socket: Socket
    private let watch: Waiter
    private var questions: [UInt64: Outcome] = [:]
    private var lastQuestion: UInt64 = 0
    private var isStepping = false

    /// - Throws: `.unresolved` when c-ares cannot use the settings, `.system` when there is no descriptor left.
    package init(_ settings: Settings, loop: EventLoop) throws(TransportError) {
        watch = Waiter(loop: loop)
        let set = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard set >= 0 else { throw .system(SystemError("epoll_create1")) }
        do throws(SystemError) { socket = try Socket(adopting: set, on: loop) } catch { throw .system(error) }
        socket.waiter = watch
        var status: Int32 = 0
        let milliseconds = Int32(clamping: max(1, settings.timeout / 1_000_000))
        let servers = settings.servers.joined(separator: ",")
        // The channel holds `self` unretained: it ends in `deinit` at the latest.
        let owner = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe names = servers.withCString { list in
            unsafe gh_names_open(
                set, settings.servers.isEmpty ? nil : list, milliseconds, Int32(clamping: settings.attempts), owner,
                Self.receive, &status)
        }
        guard unsafe names != nil else {
            socket.close()
            throw .unresolved("names cannot be looked up: " + Self.words(status))
        }
    }

    deinit {
        if let names = unsafe names { unsafe gh_names_close(names) }
    }

    /// Ends it; what is under way gets no answer any more.
    package func close() {
        watch.retire()
        if let names = unsafe names.take() { unsafe gh_names_close(names) }
        socket.interest = .none
        socket.close()
        let abandoned = questions.values
        questions.removeAll()
        for outcome in abandoned { outcome(.failure(.unresolved("the resolver has been closed"))) }
    }

    /// Asks for all addresses of a name. `outcome` may be called before this returns.
    package func ask(_ name: String, outcome: @escaping Outcome) {
        guard let names = unsafe names else { return outcome(.failure(.unresolved("the resolver has been closed"))) }
        lastQuestion += 1
        questions[lastQuestion] = outcome
        unsafe gh_names_ask(names, name, lastQuestion)
        step()
    }

    /// Lets c-ares do what its sockets and the time ask for, and sleeps until there is more.
    private func step() {
        // An outcome that asks again is within a step already.
        guard !isStepping, let names = unsafe names else { return }
        isStepping = true
        let pause = unsafe gh_names_step(names)
        isStepping = false
        guard pause >= 0, !questions.isEmpty else {
            socket.interest = .none
            return
        }
        socket.interest = .read
        watch.sleep(timeout: UInt64(pause) * 1_000_000) { [weak self] _ in self?.step() }
    }

    /// What c-ares calls with an answer; `owner` is the resolver, which ends the channel before it goes.
    private static let receive: gh_names_answer = { owner, question, status, addresses, count in
        guard let owner = unsafe owner else { return }
        let resolver = unsafe Unmanaged<Resolver>.fromOpaque(owner).takeUnretainedValue()
        guard let outcome = resolver.questions.removeValue(forKey: question) else { return }
        guard status == 0 else { return outcome(.failure(.unresolved(words(status)))) }
        var answer = Answer(addresses: [], timeToLive: .max)
        for index in 0..<count {
            // The addresses live as long as this call.
            guard let address = unsafe addresses?[index] else { break }
            let bytes = unsafe withUnsafeBytes(of: address.bytes) { unsafe Array($0.prefix(Int(address.length))) }
            answer.addresses.append(
                SocketAddress(family: bytes.count == 4 ? .ipv4 : .ipv6, bytes: bytes, port: 0, scope: address.scope))
            answer.timeToLive = min(answer.timeToLive, UInt64(address.ttl))
        }
        outcome(.success(answer))
    }

    private static func words(_ status: Int32) -> String {
        unsafe gh_names_words(status).map { unsafe String(cString: $0) } ?? "error \(status)"
    }
}
