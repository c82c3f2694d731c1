import Buffers
import EventLoop
import HTTP
import TLS
import TestSupport
import Testing
import Transport

@testable import Messages

/// A service on a loop of its own, as an owner keeps one.
actor ServiceHost {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The actor holds its loop.
        unsafe loop.asUnownedSerialExecutor()
    }
    /// What the handler says it does.
    nonisolated let events = Journal<String>("the handler's events")
    private var service: Service?
    private var handler: TestHandler?

    init() throws {
        loop = try EventLoop()
        try loop.start(name: "service")
    }

    func open(_ limits: Service.Limits, tls: TLSServerNames?) throws -> UInt16 {
        let listener = try Listener(SocketAddress(family: .ipv4, bytes: [127, 0, 0, 1], port: 0), on: loop)
        let handler = TestHandler(events, loop: loop)
        self.handler = handler
        let service = Service(
            listener, tls: tls, limits: limits, loop: loop, buffers: BufferPool(smallCapacity: 16_384), handler: handler)
        self.service = service
        return service.address.port
    }

    func run() async {
        await withDiscardingTaskGroup { group in
            while let client = await service?.nextClient() {
                group.addTask { await self.serve(client) }
            }
        }
    }

    private func serve(_ client: Service.Client) async { await service?.serve(client) }

    func drain() { service?.drain() }
    func cut() { service?.cut() }
    /// Lets those go on who wait at "/hold".
    func release() { handler?.release() }
    var connectionCount: Int { service?.connectionCount ?? 0 }

    /// Serves while `body` runs, and then drains and cuts.
    static func serving(
        _ limits: Service.Limits = Service.Limits(), tls: TLSServerNames? = nil,
        _ body: (ServiceHost, UInt16) async throws -> Void
    ) async throws {
        let host = try ServiceHost()
        let port = try await host.open(limits, tls: tls)
        let running = Task(executorPreference: host.loop) { await host.run() }
        var failure: (any Error)?
        do { try await body(host, port) } catch { failure = error }
        await host.drain()
        await host.cut()
        await running.value
        #expect(await host.connectionCount == 0)
        host.loop.stop()
        if let failure { throw failure }
    }
}

/// Answers by path.
final class TestHandler: ServiceHandler {
    private let events: Journal<String>
    private let loop: EventLoop
    /// Those who wait at "/hold".
    private var held: [Waiter] = []

    init(_ events: Journal<String>, loop: EventLoop) {
        self.events = events
        self.loop = loop
    }

    func answer(_ request: ServiceRequest) async throws(ServiceFailure) -> ServiceReply {
        let head = request.head
        let path = head.string(head.path)
        events.append("\(head.methodText) \(path)")
        switch path {
        case "/echo":
            let body = try await request.body(atMost: 100_000)
            return .answer(ServiceAnswer(contentType: "application/octet-stream", body: body))
        case "/count":
            var count = 0
            while try await request.nextBytes({ count += $0.count }) { events.append("bytes") }
            return .answer(ServiceAnswer(status: 200, "\(count)"))
        case "/nothing": return .answer(ServiceAnswer(status: 204, ""))
        case "/large": return .answer(ServiceAnswer(contentType: "text/plain", body: [UInt8](repeating: 0x78, count: 20_000_000)))
        case "/teapot": throw .refused(418, "short and stout")
        case "/split":
            var fields = FieldSection()
            fields.append("X", "a\r\nSet-Cookie: b")
            return .answer(ServiceAnswer(status: 200, "x", fields: fields))
        case "/hold":
            let waiter = Waiter(loop: loop)
            held.append(waiter)
            _ = await waiter.wait(timeout: nil)
            return .answer(ServiceAnswer(status: 200, "held"))
        case "/upgrade":
            var fields = FieldSection()
            fields.append("Upgrade", "websocket")
            fields.append("Connection", "Upgrade")
            return .upgrade(fields) { [events] in Repeater($0, events) }
        default: return .answer(ServiceAnswer(status: 200, "hello"))
        }
    }
}

extension TestHandler {
    func release() {
        for waiter in held { waiter.notify() }
    }
}

/// Sends back what comes, and "bye" when the service drains.
private final class Repeater: Upgraded {
    private let streams: UpgradedStreams
    private let events: Journal<String>
    private var isDraining = false
    private var isCut = false

    init(_ streams: UpgradedStreams, _ events: Journal<String>) {
        self.streams = streams
        self.events = events
    }

    func run() async {
        let (inflow, outflow, waiter) = (streams.inflow, streams.outflow, streams.waiter)
        inflow.beginBody(.untilClose)
        outflow.begin(.untilClose) { _ in }
        events.append("upgraded")
        while !isCut, !isDraining {
            while case .ready? = try? inflow.nextBody() {
                _ = try? inflow.drain { payload throws(PeerError) in try outflow.write(payload) }
            }
            _ = try? outflow.flush()
            guard let outcome = try? inflow.read(), outcome != .end, !inflow.isBodyFinished else { break }
            guard outcome == .blocked else { continue }
            inflow.stream.socket.interest = .read
            _ = await waiter.wait(timeout: nil)
        }
        if isDraining, !isCut {
            _ = try? outflow.write(Array("bye".utf8).span)
            _ = try? outflow.flush()
        }
        events.append(isCut ? "cut" : "ended")
    }

    func drain() { isDraining = true }
    func cut() { isCut = true }
}

/// A request without its body.
func get(_ path: String, _ fields: String = "", method: String = "GET") -> String {
    "\(method) \(path) HTTP/1.1\r\nHost: a.test\r\n\(fields)\r\n"
}
