import Buffers
import EventLoop
import HTTP
import LoopTesting
import TLS
import TestSupport
import Transport

@testable import Messages

/// What a call came to, as one line: "200 hello" or the error's words.
func outcome(
    _ request: Call.Request = Call.Request(.get, Array("/".utf8), authority: Array("example.test".utf8)), port: UInt16,
    tls: TLSClientContext.Settings? = nil, limits: Call.Limits = Call.Limits(), stops: Journal<Int>? = nil
) async throws -> String {
    try await onLoop { actor in
        let call = Call(waiter: Waiter(loop: actor.loop), buffers: BufferPool(smallCapacity: 16_384))
        let server = Call.Server(
            addresses: [SocketAddress(family: .ipv4, bytes: [127, 0, 0, 1], port: port)],
            tls: try tls.map { try TLSClientContext($0) })
        if let stops {
            Task {
                _ = try await stops.first(1)
                actor.stop(call)
            }
        }
        do throws(CallError) {
            let answer = try await call.send(request, to: server, limits: limits)
            let body = answer.body.count > 200 ? "(\(answer.body.count) bytes)" : String(decoding: answer.body, as: UTF8.self)
            return "\(answer.status) \(body)"
        } catch {
            return error.description
        }
    }
}

extension LoopActor {
    func stop(_ call: Call) { call.stop() }
}

/// A request with a body, or with other parts.
func request(
    _ method: Method = .get, _ target: String = "/", authority: String = "example.test", body: [UInt8]? = nil,
    fields: [(StaticString, String)] = []
) -> Call.Request {
    var request = Call.Request(method, Array(target.utf8), authority: Array(authority.utf8))
    for (name, value) in fields { request.fields.append(name, value) }
    request.body = body
    return request
}
