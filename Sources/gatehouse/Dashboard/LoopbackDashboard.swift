import Configuration
import EventLoop
import FoundationEssentials
import HTTP
import Logging
import Messages
import Transport

/// The dashboard at a free port of 127.0.0.1, with a key that nobody else has seen: for who has asked at the admin socket, as
/// long as they stay connected.
final class LoopbackDashboard: Upgraded {
    private let resources: AdminResources
    private let server: ControlServer
    private let streams: UpgradedStreams
    private let line: [UInt8]
    private var isOver = false

    /// What whoever asks is told, on one line.
    struct Offer: Codable, Sendable {
        /// The dashboard's URL with the key behind a `#`, which a browser sends to nobody.
        var url: String
    }

    init(_ resources: AdminResources, _ server: ControlServer, key: String, _ streams: UpgradedStreams) {
        self.resources = resources
        self.server = server
        self.streams = streams
        line = Array("{\"url\":\"http://\(server.address)\(DashboardResources.page)#\(key)\"}\n".utf8)
    }

    /// 128 bits of the system's generator, which is made for keys (getrandom(2)), in hexadecimal digits.
    static func makeKey() -> String {
        (0..<16).map { _ in
            let byte = String(UInt8.random(in: 0...255), radix: 16)
            return byte.count == 1 ? "0\(byte)" : byte
        }.joined()
    }

    func run() async {
        let (server, loop) = (server, streams.waiter.loop)
        let serving = Task(executorPreference: loop) { await server.run() }
        await stay()
        await server.stop()
        await serving.value
    }

    func drain() { isOver = true }

    func cut() { isOver = true }

    /// Says where it is, and waits for the end of whoever has asked. What they send is dropped.
    private func stay() async {
        let (inflow, outflow, waiter, line) = (streams.inflow, streams.outflow, streams.waiter, line)
        do throws(PeerError) {
            // Of a new connection the kernel takes a line at once.
            guard try outflow.write(line.span) == line.count, try outflow.flush() else { return }
        } catch {
            return
        }
        while !isOver {
            inflow.discard()
            guard let read = try? inflow.read(), read != .end else { return }
            if read == .progress {
                await waiter.loop.yield()
                continue
            }
            outflow.stream.socket.interest = outflow.stream.readInterest
            _ = await waiter.wait(timeout: nil)
            outflow.stream.socket.interest = .none
        }
    }
}

extension AdminResources {
    /// Opens the dashboard on the loopback interface for one who has asked.
    func offerDashboard() async -> ServiceReply {
        var management = Management()
        management.enabled = true
        (management.host, management.port) = ("127.0.0.1", 0)
        let key = LoopbackDashboard.makeKey()
        management.apiKey = key
        do throws(ControlServer.Unopened) {
            guard let server = try await ControlServer.management(management, self, on: feed.loop, replacing: false) else {
                return .answer(.problem(409, "There is no place for it."))
            }
            log.notice("the dashboard is offered", metadata: ["address": "\(server.address)"])
            return .stream(contentType: "application/json", FieldSection()) {
                LoopbackDashboard(self, server, key: key, $0)
            }
        } catch {
            return .answer(.problem(409, error.description))
        }
    }
}
