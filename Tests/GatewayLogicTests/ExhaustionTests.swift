import EventLoop
import Glibc
import Testing
import Transport
import Upstreams

@testable import Gateway

/// A server must not be taken out because the gateway itself can open no more connections.
@Suite("Own lack of descriptors and memory")
struct ExhaustionTests {
    @Test("is no fault of the server that a connection was for", arguments: [EMFILE, ENFILE, ENOBUFS, ENOMEM])
    func own(_ code: Int32) {
        let failure = Failure.connecting(.system(SystemError("socket", code: code)))
        #expect(failure.status == 502 && failure.retry.fault == nil && failure.retry.condition == nil)
    }

    @Test("is not what a server's refusal is", arguments: [ECONNREFUSED, EHOSTUNREACH, ECONNRESET])
    func servers(_ code: Int32) {
        let failure = Failure.connecting(.system(SystemError("connect", code: code)))
        #expect(failure.retry.fault == .unreachable && failure.retry.condition == .connect)
    }
}
