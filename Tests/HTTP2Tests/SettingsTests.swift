@testable import HTTP2
import Testing

@Suite("What a SETTINGS frame says")
struct SettingsTests {
    private static func payload(_ entries: [(UInt16, UInt32)]) -> [UInt8] {
        written { out in
            for (identifier, value) in entries {
                BigEndian.append(identifier, to: &out)
                BigEndian.append(value, to: &out)
            }
        }
    }

    private static func applied(_ frames: [[(UInt16, UInt32)]]) throws(ConnectionError) -> Settings {
        var settings = Settings()
        for frame in frames { try settings.apply(payload(frame).span) }
        return settings
    }

    @Test("nothing is changed by a frame of nothing, or by what is unknown or would bind us alone")
    func unchanged() throws {
        #expect(try Self.applied([[]]) == Settings())
        #expect(try Self.applied([[(0, 1), (7, 1), (0xFFFF, 0xFFFF_FFFF), (6, 1), (2, 0), (2, 1)]]) == Settings())
        #expect(Settings().initialWindowSize == 65_535 && Settings().maxFrameSize == 16_384)
    }

    @Test("what binds us where we open streams; and a server has no push to enable")
    func ofServer() throws {
        let said = try Self.applied([[(3, 7), (8, 1)]])
        #expect(said.maxConcurrentStreams == 7 && said.enablesConnectProtocol)
        #expect(Settings().maxConcurrentStreams == .max && !Settings().enablesConnectProtocol)
        var settings = Settings()
        try settings.apply(Self.payload([(2, 0)]).span, isServers: true)
        #expect(throws: ConnectionError(.protocolError, "ENABLE_PUSH is 1")) {
            try settings.apply(Self.payload([(2, 1)]).span, isServers: true)
        }
    }

    @Test("the last of several holds, in one frame and over several")
    func last() throws {
        let once = try Self.applied([[(4, 1), (5, 20_000), (4, 0x7FFF_FFFF), (5, 0xFF_FFFF)]])
        #expect(once.initialWindowSize == 0x7FFF_FFFF && once.maxFrameSize == 0xFF_FFFF)
        let twice = try Self.applied([[(4, 5)], [(4, 0), (5, 16_384)]])
        #expect(twice.initialWindowSize == 0 && twice.maxFrameSize == 16_384)
    }

    @Test(
        "a table that was ever smaller than the initial one is remembered",
        arguments: [([4096], false), ([65_536], false), ([4095], true), ([0, 4096], true)])
    func table(sizes: [UInt32], isSmall: Bool) throws {
        #expect(try Self.applied(sizes.map { [(UInt16(1), $0)] }).hasHadSmallHeaderTable == isSmall)
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        let entries: [(UInt16, UInt32)]
        let code: ErrorCode
        var testDescription: String { "\(entries)" }

        init(_ entries: [(UInt16, UInt32)], _ code: ErrorCode) {
            self.entries = entries
            self.code = code
        }
    }

    @Test(
        "what may not be is an error of the connection",
        arguments: [
            Wrong([(2, 2)], .protocolError), Wrong([(4, 0x8000_0000)], .flowControlError),
            Wrong([(4, 0xFFFF_FFFF)], .flowControlError), Wrong([(5, 16_383)], .protocolError),
            Wrong([(5, 0x100_0000)], .protocolError), Wrong([(5, 0)], .protocolError), Wrong([(8, 2)], .protocolError),
            Wrong([(8, 1), (8, 0)], .protocolError), Wrong([(9, 2)], .protocolError),
            Wrong(.init(repeating: (1, 4096), count: 33), .enhanceYourCalm),
        ])
    func errors(wrong: Wrong) {
        let error = #expect(throws: ConnectionError.self) { _ = try Self.applied([wrong.entries]) }
        #expect(error?.code == wrong.code)
    }

    @Test("RFC 8441 §3: ENABLE_CONNECT_PROTOCOL may be said again, and 0 before 1")
    func connect() throws {
        _ = try Self.applied([[(8, 0)], [(8, 1)], [(8, 1)]])
    }

    @Test("a piece of a setting is an error of the frame's size, wherever it is cut")
    func cut() {
        let whole = Self.payload([(1, 1), (4, 2), (5, 16_384)])
        for count in 0...whole.count {
            var settings = Settings()
            let prefix = Array(whole[..<count])
            if count % 6 == 0 {
                #expect(throws: Never.self) { try settings.apply(prefix.span) }
            } else {
                let error = #expect(throws: ConnectionError.self) { try settings.apply(prefix.span) }
                #expect(error?.code == .frameSizeError && settings == Settings(), "\(count) bytes")
            }
        }
    }
}
