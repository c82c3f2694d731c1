import Testing

@testable import WebSocket

struct FrameObserverTests {
    @Test(arguments: WireCase.all)
    func `the observer sees what the decoder sees, at any cut`(_ wire: WireCase) {
        for pieces in cuts(of: wire.bytes) {
            var observer = FrameObserver(of: .client, maxMessageSize: 1 << 20)
            observer.observe(pieces)
            // It does not read text, and it alone looks behind a Close frame or at one that is cut off.
            if wire.violation != .invalidUTF8 { #expect(observer.firstViolation == wire.violation) }
            guard observer.firstViolation == nil else { continue }
            #expect(observer.counters.violations == 0)
            #expect(observer.counters.messages == wire.messages.count || wire.violation == .invalidUTF8)
            #expect(observer.counters.largestMessage == wire.messages.max() ?? 0 || wire.violation == .invalidUTF8)
            #expect(observer.isAtFrameBoundary)
        }
    }

    @Test(arguments: WireCase.all)
    func `a cut changes nothing that is counted`(_ wire: WireCase) {
        var whole = FrameObserver(of: .client, maxMessageSize: 100)
        whole.observe([wire.bytes[...]])
        for pieces in cuts(of: wire.bytes) {
            var observer = FrameObserver(of: .client, maxMessageSize: 100)
            observer.observe(pieces)
            #expect(observer.counters == whole.counters)
            #expect(observer.closeCode == whole.closeCode)
            #expect(observer.hasSeenClose == whole.hasSeenClose)
            #expect(observer.isAtFrameBoundary == whole.isAtFrameBoundary)
            #expect(observer.isAtMessageBoundary == whole.isAtMessageBoundary)
            #expect(observer.pendingHeaderBytes == whole.pendingHeaderBytes)
            #expect(Violation.allCases.map(observer.count) == Violation.allCases.map(whole.count))
        }
    }

    static let conversation: [[UInt8]] = [
        frame(.text, utf8("Hello")), frame(.binary, .init(repeating: 1, count: 300)), frame(.text, utf8("ab"), fin: false),
        frame(.ping, [1, 2]), frame(.continuation, fin: false), frame(.continuation, utf8("c")), frame(.pong), frame(.text),
        close(1001, utf8("bye")),
    ]

    @Test func `everything that passes is counted`() {
        for pieces in cuts(of: Array(Self.conversation.joined())) {
            var observer = FrameObserver(of: .client)
            observer.observe(pieces)
            #expect(
                observer.counters
                    == FrameObserver.Counters(
                        frames: 9, messages: 4, payloadBytes: 5 + 300 + 2 + 2 + 1 + 5, pings: 1, pongs: 1, largestMessage: 300))
            #expect(observer.hasSeenClose)
            #expect(observer.closeCode == .goingAway)
            #expect(observer.isAtMessageBoundary)
        }
    }

    @Test func `the last boundary in each piece is known`() {
        let bytes = Array(Self.conversation.joined())
        let boundaries = Self.conversation.reduce(into: [0]) { $0.append($0.last! + $1.count) }
        for pieces in cuts(of: bytes) {
            var observer = FrameObserver(of: .client)
            for piece in pieces {
                let found = observer.observe(Array(piece).span).boundary.map { $0 + piece.startIndex }
                #expect(found == boundaries.last { piece.startIndex <= $0 && $0 <= piece.endIndex })
                #expect(observer.isAtFrameBoundary == boundaries.contains(piece.endIndex))
            }
        }
    }

    @Test func `no bytes at a boundary are a boundary, inside a frame they are none`() {
        var observer = FrameObserver(of: .client)
        #expect(observer.boundary(in: []) == 0)
        #expect(observer.boundary(in: [0x81]) == 0)
        #expect(observer.pendingHeaderBytes == 1)
        #expect(observer.boundary(in: []) == nil)
        #expect(observer.boundary(in: [0x81, 0, 0, 0, 0]) == nil)
        #expect(observer.pendingHeaderBytes == 0)
        #expect(!observer.isAtFrameBoundary)
        #expect(observer.boundary(in: [7, 0x81]) == 1)
    }

    @Test func `a message boundary is not between fragments`() {
        var observer = FrameObserver(of: .server)
        #expect(observer.isAtMessageBoundary)
        observer.observe([frame(.text, [1], fin: false, maskKey: nil)[...]])
        #expect(observer.isAtFrameBoundary && !observer.isAtMessageBoundary)
        observer.observe([frame(.ping, [1], maskKey: nil)[...]])
        #expect(!observer.isAtMessageBoundary)
        observer.observe([frame(.continuation, [1], maskKey: nil)[...]])
        #expect(observer.isAtMessageBoundary)
    }

    static let wrongFrames: [(bytes: [UInt8], violation: Violation)] = [
        (frame(.text, [1, 2], rsv: .rsv1), .reservedBits), (frame(Opcode(rawValue: 5), [1]), .reservedOpcode),
        (frame(.ping, [1], fin: false), .fragmentedControl), (frame(.ping, .init(repeating: 1, count: 126)), .controlTooLong),
        ([0x82, 0xFE, 0, 1, 0, 0, 0, 0, 9], .lengthNotMinimal), (frame(.text, maskKey: nil), .missingMask),
        (frame(.continuation, [1]), .continuationWithoutStart), (close(1005), .closeCodeNotAllowed),
        (frame(.close, [3]), .closePayloadOfOneByte), (frame(.binary, .init(repeating: 1, count: 31)), .messageTooBig),
    ]

    @Test(arguments: wrongFrames.indices)
    func `the frame that breaks a rule is found, and reading goes on behind it`(_ index: Int) {
        let (wrong, violation) = Self.wrongFrames[index]
        let before = frame(.text, utf8("a")) + frame(.binary, .init(repeating: 1, count: 30))
        let bytes = before + wrong + frame(.ping)
        for pieces in cuts(of: bytes) {
            var observer = FrameObserver(of: .client, maxMessageSize: 30)
            var starts: [Int] = []
            for piece in pieces {
                let observation = observer.observe(Array(piece).span)
                guard let found = observation.violation else { continue }
                #expect(found == violation)
                starts.append(piece.startIndex + observation.violationOffset)
            }
            #expect(starts == [before.count])
            #expect(observer.counters.violations == 1)
            #expect(observer.count(of: violation) == 1)
            #expect(observer.firstViolation == violation)
            #expect(observer.counters.frames == 4)
            #expect(observer.isAtMessageBoundary)
        }
    }

    @Test func `every rule that a frame breaks is counted, and the first one kept`() {
        let header = FrameHeader(fin: false, reservedBits: .rsv3, opcode: Opcode(rawValue: 11), payloadLength: 126)
        let bytes = frame(header, .init(repeating: 0, count: 126)) + frame(.continuation)
        var observer = FrameObserver(of: .client)
        observer.observe([bytes[...]])
        #expect(observer.firstViolation == .reservedBits)
        #expect(
            Violation.allCases.filter { observer.count(of: $0) == 1 } == [
                .reservedBits, .reservedOpcode, .fragmentedControl, .controlTooLong, .missingMask, .continuationWithoutStart,
            ])
        #expect(observer.counters.violations == 6)
    }

    @Test func `data behind a Close frame is a violation, control is none`() {
        let closed = close(1000) + frame(.ping) + close(1011)
        for (bytes, count) in [(closed, 0), (closed + frame(.text), 1), (closed + frame(.text, fin: false), 1)] {
            var observer = FrameObserver(of: .client)
            observer.observe([bytes[...]])
            #expect(observer.count(of: .dataAfterClose) == count)
            #expect(observer.counters.violations == count)
            #expect(observer.closeCode == .normalClosure)
        }
    }

    @Test(arguments: [frame(.close), frame(.close, [3])])
    func `the code is that of the first Close frame, or none`(_ first: [UInt8]) {
        for pieces in cuts(of: first + close(1011) + close(1005)) {
            var observer = FrameObserver(of: .client)
            observer.observe(pieces)
            #expect(observer.hasSeenClose)
            #expect(observer.closeCode == nil)
            #expect(observer.count(of: .closeCodeNotAllowed) == 0)
        }
    }

    @Test func `a length with its top bit set never ends`() {
        var observer = FrameObserver(of: .server)
        observer.observe([[0x82, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x81, 0x00]])
        #expect(observer.firstViolation == .lengthTopBit)
        #expect(!observer.isAtFrameBoundary)
        #expect(observer.counters == .init(payloadBytes: 2, violations: 1))
    }

    @Test func `a message that grows by fragments is too big once, on the header that says so`() {
        let fragments =
            [frame(.text, .init(repeating: 1, count: 60), fin: false)]
            + (0..<3).map { _ in
                frame(.continuation, .init(repeating: 1, count: 60), fin: false)
            }
        var observer = FrameObserver(of: .client, maxMessageSize: 100)
        let violations = fragments.map { fragment in
            [observer.observe(fragment.prefix(6)), observer.observe(fragment.dropFirst(6))]
        }
        #expect(violations == [[nil, nil], [.messageTooBig, nil], [nil, nil], [nil, nil]])
        #expect(observer.count(of: .messageTooBig) == 1)
    }

    @Test func `a message size beyond 64 bits does not wrap around`() {
        var observer = FrameObserver(of: .server, maxMessageSize: .max)
        observer.observe([[0x01, 0x01, 0x00]])
        observer.observe([[0x80, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]])
        #expect(observer.count(of: .messageTooBig) == 1)
    }

    @Test(
        arguments: [
            (Extensions.none, [.reservedBits, .reservedBits, .reservedBits, .reservedOpcode]),
            (.permessageDeflate, [nil, .reservedBits, .reservedBits, .reservedOpcode]), (.unknown, [nil, nil, nil, nil]),
        ] as [(Extensions, [Violation?])])
    func `an extension frees what it defines`(_ extensions: Extensions, _ violations: [Violation?]) {
        let frames = [
            frame(.text, [1], rsv: .rsv1), frame(.text, [1], rsv: .rsv2), frame(.ping, rsv: .rsv1),
            frame(Opcode(rawValue: 3), [1]),
        ]
        for (bytes, violation) in zip(frames, violations) {
            var observer = FrameObserver(of: .client, extensions: extensions)
            observer.observe([bytes[...]])
            #expect(observer.firstViolation == violation)
        }
    }
}

extension FrameObserver {
    mutating func boundary(in bytes: [UInt8]) -> Int? { observe(bytes.span).boundary }

    mutating func observe(_ bytes: ArraySlice<UInt8>) -> Violation? { observe(Array(bytes).span).violation }
}

extension WireCase {
    /// The sizes of the messages in it.
    var messages: [Int] {
        events.compactMap {
            switch $0 {
            case .text(let payload), .binary(let payload): payload.count
            default: nil
            }
        }
    }
}
