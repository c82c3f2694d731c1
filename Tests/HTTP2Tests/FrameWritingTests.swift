import HTTP2
import Testing

@Suite("Frames as they are written")
struct FrameWritingTests {
    private static func written(_ write: (inout [UInt8]) -> Void) -> String {
        var out: [UInt8] = []
        write(&out)
        return hexadecimal(out)
    }

    @Test("those without a message")
    func control() {
        #expect(
            Self.written { Frames.appendSettings([(.maxConcurrentStreams, 128), (.noRFC7540Priorities, 1)], to: &$0) }
                == "00000c0400000000000003000000800009" + "00000001")
        #expect(Self.written { Frames.appendSettingsAck(to: &$0) } == "000000040100000000")
        #expect(
            Self.written { Frames.appendPing(bytes("abcdefgh").span, isAck: true, to: &$0) }
                == "000008060100000000" + "6162636465666768")
        #expect(
            Self.written { Frames.appendPing(bytes("abcdefgh").span, isAck: false, to: &$0) }
                == "000008060000000000" + "6162636465666768")
        #expect(
            Self.written { Frames.appendGoAway(last: 0x7FFF_FFFF, .enhanceYourCalm, words: "calm", to: &$0) }
                == "00000c070000000000" + "7fffffff0000000b" + "63616c6d")
        #expect(Self.written { Frames.appendReset(3, .cancel, to: &$0) } == "000004030000000003" + "00000008")
        #expect(Self.written { Frames.appendWindowUpdate(1, 0x7FFF_FFFF, to: &$0) } == "000004080000000001" + "7fffffff")
    }

    /// What the frames of a section say: type, flags, payload.
    private static func frames(of count: Int, maxFrameSize: Int, endsStream: Bool) -> [(UInt8, UInt8, [UInt8])] {
        let block = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        var out: [UInt8] = []
        Frames.appendHeaders(5, block: block.span, endsStream: endsStream, maxFrameSize: maxFrameSize, to: &out)
        var frames: [(UInt8, UInt8, [UInt8])] = []
        while !out.isEmpty {
            let header = FrameHeader(reading: out.span)
            #expect(header.stream == 5)
            frames.append((header.type, header.flags, Array(out[9..<9 + header.length])))
            out.removeFirst(9 + header.length)
        }
        #expect(frames.flatMap(\.2) == block, "what is sent is the section")
        return frames
    }

    @Test(
        "a section of any length is cut into HEADERS and CONTINUATION, the last of which says so",
        arguments: [0, 1, 9, 10, 11, 20, 21, 100], [true, false])
    func sections(count: Int, endsStream: Bool) {
        let frames = Self.frames(of: count, maxFrameSize: 10, endsStream: endsStream)
        #expect(frames.count == max(1, (count + 9) / 10))
        for (index, frame) in frames.enumerated() {
            #expect(frame.0 == (index == 0 ? 1 : 9))
            #expect(frame.2.count <= 10)
            let isLast = index == frames.count - 1
            #expect(frame.1 == (index == 0 && endsStream ? 1 : 0) | (isLast ? 4 : 0))
        }
    }

    @Test("every code has its number and name of RFC 9113 §7")
    func codes() {
        let names = [
            "NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",
            "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM",
            "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
        ]
        #expect(names.indices.map { ErrorCode(rawValue: UInt32($0))?.name } == names)
        #expect(ErrorCode(rawValue: UInt32(names.count)) == nil)
    }
}
