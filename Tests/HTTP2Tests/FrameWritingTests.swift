import HTTP
import HTTP2
import Testing

@Suite("Frames as they are written")
struct FrameWritingTests {
    @Test("those without a message")
    func control() {
        let settings: [(Settings.Identifier, UInt32)] = [(.maxConcurrentStreams, 128), (.noRFC7540Priorities, 1)]
        #expect(
            written { Frames.appendSettings(settings, to: &$0) }
                == hexadecimal("00000c 04 00 00000000 0003 00000080 0009 00000001"))
        #expect(written { Frames.appendSettingsAck(to: &$0) } == hexadecimal("000000 04 01 00000000"))
        let word = bytes("abcdefgh")
        #expect(
            written { Frames.appendPing(word.span, isAck: true, to: &$0) } == hexadecimal("000008 06 01 00000000") + word)
        #expect(
            written { Frames.appendPing(word.span, isAck: false, to: &$0) } == hexadecimal("000008 06 00 00000000") + word)
        #expect(
            written { Frames.appendGoAway(last: 0x7FFF_FFFF, .enhanceYourCalm, debugData: "calm", to: &$0) }
                == hexadecimal("00000c 07 00 00000000 7fffffff 0000000b") + bytes("calm"))
        #expect(written { Frames.appendReset(3, .cancel, to: &$0) } == hexadecimal("000004 03 00 00000003 00000008"))
        #expect(
            written { Frames.appendWindowUpdate(1, 0x7FFF_FFFF, to: &$0) } == hexadecimal("000004 08 00 00000001 7fffffff"))
    }

    /// A section of so many bytes, as frames.
    private static func section(of count: Int, maxFrameSize: Int, endsStream: Bool, to out: inout OutputSpan<UInt8>) {
        Frames.appendHeaders(5, endsStream: endsStream, maxFrameSize: maxFrameSize, to: &out) { out in
            for index in 0..<count { out.write(UInt8(truncatingIfNeeded: index)) }
        }
    }

    @Test(
        "a section of any length is cut into HEADERS and CONTINUATION, the last of which says so",
        arguments: [0, 1, 9, 10, 11, 20, 21, 100], [true, false])
    func sections(count: Int, endsStream: Bool) {
        var rest = written { Self.section(of: count, maxFrameSize: 10, endsStream: endsStream, to: &$0) }
        var payload: [UInt8] = []
        var frames: [FrameHeader] = []
        while !rest.isEmpty {
            let header = FrameHeader(reading: rest.span)
            frames.append(header)
            payload += rest[9..<9 + header.length]
            rest.removeFirst(9 + header.length)
        }
        #expect(payload == (0..<count).map { UInt8(truncatingIfNeeded: $0) })
        #expect(frames.count == max(1, (count + 9) / 10))
        for (index, frame) in frames.enumerated() {
            #expect(frame.stream == 5 && frame.length <= 10)
            #expect(frame.type == (index == 0 ? FrameType.headers : .continuation).rawValue)
            #expect(frame.has(.endStreamOrAck) == (index == 0 && endsStream))
            #expect(frame.has(.endHeaders) == (index == frames.count - 1))
        }
    }

    @Test("room that is too small is seen to be, however small it is")
    func rooms() {
        let whole = written { Self.section(of: 25, maxFrameSize: 10, endsStream: true, to: &$0) }
        for room in 0...whole.count + 20 {
            var out: [UInt8] = [1, 2]
            var isFull = false
            out.append(addingCapacity: room) { span in
                Self.section(of: 25, maxFrameSize: 10, endsStream: true, to: &span)
                isFull = span.isFull
            }
            #expect(isFull || out == [1, 2] + whole, "room for \(room)")
            #expect(isFull == (room <= whole.count), "room for \(room)")
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
