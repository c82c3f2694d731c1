import Buffers
import COpenSSL
import EventLoop
import Glibc
import LoopTesting
import Testing

@testable import TLS
@testable import Transport

/// Ends of connections that hold more than an end, and agreements that own records know nothing of.
@Suite struct RecordEndingTests {
    @Test(arguments: [TLSRecords.own, .openSSL], [false, true])
    func `data before a KeyUpdate that cannot be answered are read, and then the reset is told`(
        records: TLSRecords, isServer: Bool
    ) async throws {
        try await onLoop { actor in
            // The peer is a bare SSL object on the other stream's socket: only so can it ask for a key.
            let connection = try await Connection.open(
                on: actor.loop, server: isServer ? Certificates.server(records: records) : nil,
                client: isServer ? nil : Certificates.client(records: records))
            let (stream, other) = isServer ? (connection.server, connection.client) : (connection.client, connection.server)
            let peer = try BarePeer(of: other, isClient: isServer)
            try await peer.performHandshake(with: stream, connection.waiter)
            let buffer = Buffer(capacity: 1000)
            for round in 1...2 {
                if round == 2 { stream.takeOverRecords() }
                #expect(peer.write([1, 2, 3]))
                #expect(try await connection.next(stream, into: buffer) == .bytes(3))
                buffer.clear()
            }
            #expect(stream.tls?.hasOwnRecords == (records == .own))
            #expect(peer.write([4, 5, 6]) && peer.askForKey())
            other.abort()
            // Everything has arrived before anything is read.
            while !stream.socket.hasHungUp { _ = await connection.waiter.wait(timeout: nil) }
            #expect(try await connection.next(stream, into: buffer) == .bytes(3))
            #expect(buffer.drain() == [4, 5, 6])
            let error = await #expect(throws: TransportError.self) { _ = try await connection.next(stream, into: buffer) }
            #expect(error?.description == "Connection reset by peer")
            connection.close()
        }
    }

    @Test(arguments: [(2000, true), (12_000, false)])
    func `OpenSSL's records: KeyUpdates before data are passed over, and without end they end the connection`(
        updates: Int, isRead: Bool
    ) async throws {
        try await onLoop { actor in
            let connection = try await Connection.open(on: actor.loop, server: Certificates.server(records: .openSSL))
            let peer = try BarePeer(of: connection.client, isClient: true)
            try await peer.performHandshake(with: connection.server, connection.waiter)
            let areSent = (0..<updates).allSatisfy { _ in peer.changeKey() }
            #expect(areSent && peer.write([1]))
            let buffer = Buffer(capacity: 1000)
            if isRead {
                #expect(try await connection.next(connection.server, into: buffer) == .bytes(1))
            } else {
                let error = await #expect(throws: TransportError.self) {
                    _ = try await connection.next(connection.server, into: buffer)
                }
                #expect(error?.description.contains("excessive message size") == true, "\(String(describing: error))")
            }
            connection.close()
        }
    }

    @Test func `an answer to a KeyUpdate stands behind what was deferred`() async throws {
        try await onLoop { actor in
            let connection = try await Connection.open(on: actor.loop, server: Certificates.server())
            let peer = try BarePeer(of: connection.client, isClient: true)
            try await peer.performHandshake(with: connection.server, connection.waiter)
            let server = connection.server
            let buffer = Buffer(capacity: 1000)
            #expect(peer.write([1]) && peer.askForKey())
            #expect(try await connection.next(server, into: buffer) == .bytes(1))
            #expect(try server.write(pattern(20).span) == 20 && server.socket.hasDeferred)
            #expect(peer.askForKey())
            // It is here, though no turn has told so. The answer is sent with what stands before it.
            server.socket.isReadable = true
            #expect(try server.read(into: buffer) == .blocked && !server.socket.hasDeferred)
            #expect(try server.write(pattern(30).span) == 30)
            var received: [UInt8] = []
            while received.count < 50 {
                received += try #require(peer.read())
                if received.count < 50 { await actor.loop.yield() }
            }
            #expect(received == pattern(20) + pattern(30))
            connection.close()
        }
    }

    @Test(arguments: [TLSRecords.own, .openSSL])
    func `the end is said also where the socket is full`(records: TLSRecords) async throws {
        try await onLoop { actor in
            let connection = try await Connection.open(
                on: actor.loop, server: Certificates.server(records: records), client: Certificates.client())
            let failures = await connection.performHandshake()
            #expect(failures.client == nil && failures.server == nil)
            var size: Int32 = 32_768
            _ = unsafe setsockopt(connection.server.socket.descriptor, SOL_SOCKET, SO_SNDBUF, &size, 4)
            let bytes = pattern(65_536)
            var sent = 0
            while case let count = try connection.server.write(bytes.span), count > 0 { sent += count }
            #expect(!connection.server.sendCloseNotify())
            let buffer = Buffer(capacity: 65_536)
            var received = 0
            var isSaid = false
            while true {
                if !isSaid { isSaid = connection.server.sendCloseNotify() }
                let outcome = try connection.client.read(into: buffer)
                if outcome == .end { break }
                received += buffer.drain().count
                guard outcome == .blocked else { continue }
                // Room for the end may come after the last byte has been read.
                connection.server.socket.interest = isSaid ? .none : .write
                _ = await connection.waiter.wait(timeout: nil)
            }
            #expect(isSaid && received == sent)
            // Saying it again says nothing.
            #expect(connection.server.sendCloseNotify())
            connection.close()
        }
    }

    /// What both ends agree on, by which extension of EncryptedExtensions (RFC 8446 §4.2).
    enum Agreement: CaseIterable {
        case nothing, applicationProtocol, maximumFragmentLength, unknownExtension
    }

    @Test(arguments: Agreement.allCases)
    func `records stay with OpenSSL, at both ends, where something unknown was agreed on`(agreement: Agreement) async throws {
        try await onLoop { actor in
            let (names, context) = try (Certificates.server(), Certificates.client())
            switch agreement {
            case .nothing: _ = unsafe SSL_CTX_set_alpn_protos(context.context, nil, 0)
            case .applicationProtocol: break
            case .maximumFragmentLength:
                _ = unsafe SSL_CTX_set_tlsext_max_fragment_length(context.context, UInt8(TLSEXT_max_fragment_length_512))
            case .unknownExtension:
                // Of the range for private use (RFC 8446 §11), as some extension that is to come.
                let places = UInt32(SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_3_ENCRYPTED_EXTENSIONS)
                func add(to context: OpaquePointer?) -> Int32 {
                    unsafe SSL_CTX_add_custom_ext(context, 65_280, places, addNothing, nil, nil, nil, nil)
                }
                // The context of the names reads the client's hello, the certificate's answers it.
                #expect(unsafe names.fallback.withContext { unsafe add(to: $0) } == 1 && add(to: names.context) == 1)
                #expect(unsafe add(to: context.context) == 1)
            }
            let connection = try await Connection.open(on: actor.loop, server: names, client: context)
            let failures = await connection.performHandshake()
            #expect(failures.client == nil && failures.server == nil)
            // Few bytes first: the client's records are OpenSSL's until then.
            for bytes in [[1], pattern(100_000)] {
                #expect(try await connection.carry(bytes, from: connection.server, to: connection.client) == bytes)
                connection.client.takeOverRecords()
                #expect(try await connection.carry(bytes, from: connection.client, to: connection.server) == bytes)
            }
            let isKnown = [.nothing, .applicationProtocol].contains(agreement)
            #expect(connection.server.tls?.hasOwnRecords == isKnown && connection.client.tls?.hasOwnRecords == isKnown)
            connection.close()
        }
    }
}

/// SSL_custom_ext_add_cb_ex: an extension without content.
private func addNothing(
    _ ssl: OpaquePointer?, _ type: UInt32, _ context: UInt32, _ content: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    _ length: UnsafeMutablePointer<Int>?, _ certificate: OpaquePointer?, _ index: Int,
    _ alert: UnsafeMutablePointer<Int32>?, _ argument: UnsafeMutableRawPointer?
) -> Int32 {
    unsafe content?.pointee = nil
    unsafe length?.pointee = 0
    return 1
}

/// An SSL object of OpenSSL's on a stream's socket, without anything of ours.
/// `@safe`: it is made in `init`, freed in `deinit` and lent to nobody.
@safe private final class BarePeer {
    private let context: OpaquePointer
    private let ssl: OpaquePointer
    private let socket: Socket

    init(of stream: Stream, isClient: Bool) throws {
        socket = stream.socket
        unsafe context = SSL_CTX_new(isClient ? TLS_client_method() : TLS_server_method())
        let files = try Certificates.files("localhost")
        _ = unsafe SSL_CTX_use_certificate_chain_file(context, files.certificate)
        _ = unsafe SSL_CTX_use_PrivateKey_file(context, files.key, SSL_FILETYPE_PEM)
        unsafe ssl = SSL_new(context)
        _ = unsafe SSL_set_fd(ssl, stream.socket.descriptor)
        unsafe isClient ? SSL_set_connect_state(ssl) : SSL_set_accept_state(ssl)
    }

    deinit {
        unsafe SSL_free(ssl)
        unsafe SSL_CTX_free(context)
    }

    nonisolated(nonsending) func performHandshake(with stream: Stream, _ waiter: Waiter) async throws {
        var isDone = [false, false]
        while isDone != [true, true] {
            if !isDone[0] { isDone[0] = unsafe SSL_do_handshake(ssl) == 1 }
            if !isDone[1] { isDone[1] = try stream.handshake() == nil }
            if isDone != [true, true] { _ = await waiter.wait(timeout: nil) }
        }
    }

    func write(_ bytes: [UInt8]) -> Bool { unsafe SSL_write(ssl, bytes, Int32(bytes.count)) == Int32(bytes.count) }

    /// What has arrived; nil after an end or a failure.
    func read() -> [UInt8]? {
        var room = [UInt8](repeating: 0, count: 1000)
        let count = unsafe SSL_read(ssl, &room, 1000)
        guard count <= 0 else { return Array(room[..<Int(count)]) }
        return unsafe SSL_get_error(ssl, count) == SSL_ERROR_WANT_READ ? [] : nil
    }

    /// A KeyUpdate that asks for nothing.
    func changeKey() -> Bool { unsafe SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 && SSL_do_handshake(ssl) == 1 }

    /// A KeyUpdate that asks for the other side's (RFC 8446 §4.6.3).
    func askForKey() -> Bool { unsafe SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED) == 1 && SSL_do_handshake(ssl) == 1 }
}
