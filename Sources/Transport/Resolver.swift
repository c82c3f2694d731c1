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
        /// "127.0.0.1:53", "[::1]:53"; empty: those of /etc/resolv.conf, as it is then.
        package var servers: [String] = []
        /// How long the first attempt with each server waits, in nanoseconds; each further attempt waits twice as long.
        package var timeout: UInt64 = 2_000_000_000
        /// How often each server is asked.
        package var attempts = 2

        package init() {}
    }

    /// What a name has.
    package struct Answer: Sendable, Equatable {
        /// The addresses without ports, in the order of preference (RFC 6724), family by family. Never empty.
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

    /// A name that is asked for, and what has come of it.
    private struct Question {
        let name: String
        let outcome: Outcome
        /// Families that have not answered.
        var pending = 2
        var ipv4: [SocketAddress] = []
        var ipv6: [SocketAddress] = []
        var timeToLive = UInt64.max
        /// Why a family has no addresses: the first that said so; but that nobody answers says more than that there are none.
        var failure: String?
        /// Is `failure` an answer, that there are none?
        var hasNone = false
        /// When the other family is waited for no longer, in monotonic nanoseconds.
        var deadline = UInt64.max
    }

    /// RFC 8305 §3, "Resolution Delay", which recommends 50 ms for one connection. Here an answer serves all connections of its
    /// lifetime, so a slow family gets a little more; one that nobody answers for costs no more than this.
    private static let otherFamilyDelay: UInt64 = 150_000_000

    private(set) var names: OpaquePointer?
    private let settings: Settings
    /// The system's settings as they were when `names` was made; nil: there were none.
    private var systemSettings: FileAccess.Stamp?
    /// When they are looked at again, in monotonic nanoseconds.
    private var nextLook: UInt64
    private let socket: Socket
    private let watch: Waiter
    private var questions: [UInt64: Question] = [:]
    var lastQuestion: UInt64 = 0
    /// The questions for CAA records that have no answer yet, by number.
    var caaQuestions: [UInt64: (Result<[CAARecord], TransportError>) -> Void] = [:]
    private var isStepping = false
    /// Is a question handed to c-ares? What it knows already it tells within that.
    private var isAsking = false

    /// Where the system says whom to ask (resolv.conf(5)).
    private static let systemFile = "/etc/resolv.conf"
    private static let lookInterval: UInt64 = 1_000_000_000

    /// - Throws: `.unresolved` when c-ares cannot use the settings, `.system` when there is no descriptor left.
    package init(_ settings: Settings, loop: EventLoop) throws(TransportError) {
        watch = Waiter(loop: loop)
        self.settings = settings
        systemSettings = try? FileAccess.Stamp(of: Self.systemFile)
        nextLook = loop.now &+ Self.lookInterval
        let set = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard set >= 0 else { throw .system(SystemError("epoll_create1")) }
        do throws(SystemError) { socket = try Socket(adopting: set, on: loop) } catch { throw .system(error) }
        socket.waiter = watch
        var status: Int32 = 0
        unsafe names = newChannel(&status)
        guard unsafe names != nil else {
            socket.close()
            throw .unresolved("names cannot be looked up: " + Self.reason(status))
        }
    }

    /// A channel of c-ares, which reads the system's settings now and never again.
    private func newChannel(_ status: inout Int32) -> OpaquePointer? {
        let milliseconds = Int32(clamping: max(1, settings.timeout / 1_000_000))
        let servers = settings.servers.joined(separator: ",")
        // The channel holds `self` unretained: it ends in `deinit` at the latest.
        let owner = unsafe Unmanaged.passUnretained(self).toOpaque()
        return unsafe servers.withCString { list in
            unsafe gh_names_open(
                socket.descriptor, settings.servers.isEmpty ? nil : list, milliseconds, Int32(clamping: settings.attempts), owner,
                Self.receive, &status)
        }
    }

    /// Goes by the system's settings as they are now. A machine that starts has none before its network is up, and another
    /// network has other name servers: a program that runs for months sees both. What is under way is asked again.
    private func renew() {
        let now = watch.loop.now
        // The channel must not end while it calls us back. Questions for CAA records are asked by a command, which soon ends.
        guard now >= nextLook, !isStepping, !isAsking, caaQuestions.isEmpty else { return }
        nextLook = now &+ Self.lookInterval
        let found = try? FileAccess.Stamp(of: Self.systemFile)
        guard found != systemSettings else { return }
        var status: Int32 = 0
        guard let new = unsafe newChannel(&status) else { return }
        systemSettings = found
        if let former = unsafe names { unsafe gh_names_close(former) }
        unsafe names = new
        for (number, question) in questions {
            questions[number] = Question(name: question.name, outcome: question.outcome)
            hand(question.name, number)
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
        for question in abandoned { question.outcome(.failure(.unresolved("the resolver has been closed"))) }
        let others = caaQuestions.values
        caaQuestions.removeAll()
        for outcome in others { outcome(.failure(.unresolved("the resolver has been closed"))) }
    }

    /// Asks for all addresses of a name. `outcome` may be called before this returns.
    package func ask(_ name: String, outcome: @escaping Outcome) {
        guard unsafe names != nil else { return outcome(.failure(.unresolved("the resolver has been closed"))) }
        renew()
        lastQuestion += 1
        questions[lastQuestion] = Question(name: name, outcome: outcome)
        hand(name, lastQuestion)
        step()
    }

    private func hand(_ name: String, _ number: UInt64) {
        guard let names = unsafe names else { return }
        let wasAsking = isAsking
        isAsking = true
        defer { isAsking = wasAsking }
        if unsafe gh_names_in_file(names, name) != 0 {
            // Whoever is named there is not asked for elsewhere, not even for the other family.
            questions[number]?.pending = 1
            unsafe gh_names_ask(names, name, AF_UNSPEC, number)
        } else {
            unsafe gh_names_ask(names, name, AF_INET6, number)
            unsafe gh_names_ask(names, name, AF_INET, number)
        }
    }

    /// Lets c-ares do what its sockets and the time ask for, and sleeps until there is more.
    func step() {
        // An outcome that asks again is within a step already.
        guard !isStepping, let names = unsafe names else { return }
        isStepping = true
        let pause = unsafe gh_names_step(names)
        for (number, question) in questions where question.deadline <= watch.loop.now { finish(number) }
        isStepping = false
        // One that has been answered without its other family leaves that one under way.
        let nearest = questions.values.reduce(UInt64.max) { min($0, $1.deadline) }
        guard pause >= 0 || nearest < .max else {
            socket.interest = .none
            return
        }
        socket.interest = .read
        let now = watch.loop.now
        let untilNearest = nearest == .max ? UInt64.max >> 1 : max(nearest, now) - now
        let untilDue = pause < 0 ? untilNearest : UInt64(pause) * 1_000_000
        watch.sleep(timeout: min(untilDue, untilNearest)) { [weak self] _ in self?.step() }
    }

    /// One family's answer, or both families' at once.
    /// - Parameter hasNone: a failure is an answer, that there are no addresses.
    private func take(_ found: Result<Answer, TransportError>, hasNone: Bool = false, for number: UInt64) {
        guard var question = questions[number] else { return }
        question.pending -= 1
        switch found {
        case .success(let answer):
            // RFC 1122 §3.2.1.3, RFC 4291 §2.5.2: these are no destination. Filters answer so for what they block, and the kernel
            // would connect to this machine.
            let usable = answer.addresses.filter { !$0.unmapped.isAny }
            question.ipv4 += usable.filter { $0.family == .ipv4 }
            question.ipv6 += usable.filter { $0.family == .ipv6 }
            question.timeToLive = min(question.timeToLive, answer.timeToLive)
            if usable.isEmpty {
                // The other family is waited for as behind any failure.
                question.failure = "its address is that of nobody (0.0.0.0, ::)"
            } else {
                question.deadline = watch.loop.now &+ Self.otherFamilyDelay
            }
        case .failure(let error):
            if question.failure == nil || question.hasNone && !hasNone {
                (question.failure, question.hasNone) = (error.description, hasNone)
            }
        }
        questions[number] = question
        if question.pending == 0 { finish(number) }
    }

    /// Ends a question, and tells who asked what has come.
    private func finish(_ number: UInt64) {
        guard let question = questions.removeValue(forKey: number) else { return }
        // RFC 6724 §6, rules 1 and 6: IPv6 first, unless there is no way to it from here.
        let addresses =
            question.ipv6.first.map(Self.hasRoute) == true ? question.ipv6 + question.ipv4 : question.ipv4 + question.ipv6
        guard !addresses.isEmpty else {
            return question.outcome(.failure(.unresolved(question.failure ?? "no answer")))
        }
        question.outcome(.success(Answer(addresses: addresses, timeToLive: question.timeToLive)))
    }

    /// Would the kernel know where to send to? Nothing is sent.
    private static func hasRoute(to address: SocketAddress) -> Bool {
        let descriptor = Glibc.socket(address.domain, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { Glibc.close(descriptor) }
        var (storage, length) = address.with(port: 9).storage
        return unsafe withUnsafePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(descriptor, $0, length) == 0
            }
        }
    }

    /// What c-ares calls with an answer; `owner` is the resolver, which ends the channel before it goes.
    private static let receive: gh_names_answer = { owner, question, _, status, addresses, count in
        guard let owner = unsafe owner else { return }
        let resolver = unsafe Unmanaged<Resolver>.fromOpaque(owner).takeUnretainedValue()
        guard status == 0 else {
            return resolver.take(
                .failure(.unresolved(reason(status))), hasNone: gh_names_has_none(status) == 1, for: question)
        }
        var answer = Answer(addresses: [], timeToLive: .max)
        for index in 0..<count {
            // The addresses live as long as this call.
            guard let address = unsafe addresses?[index] else { break }
            let bytes = unsafe withUnsafeBytes(of: address.bytes) { unsafe Array($0.prefix(Int(address.length))) }
            answer.addresses.append(
                SocketAddress(family: bytes.count == 4 ? .ipv4 : .ipv6, bytes: bytes, port: 0, scope: address.scope))
            answer.timeToLive = min(answer.timeToLive, UInt64(address.ttl))
        }
        resolver.take(.success(answer), for: question)
    }

    static func reason(_ status: Int32) -> String {
        unsafe gh_names_words(status).map { unsafe String(cString: $0) } ?? "error \(status)"
    }
}
