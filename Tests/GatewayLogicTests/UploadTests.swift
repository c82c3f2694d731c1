import HTTP
import Testing

@testable import Gateway

/// A request's body on its way up, step by step, with a client and an upstream that are written down.
@Suite("An upload")
struct UploadTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var client: @Sendable () -> ScriptedSource
        var upstream: @Sendable () -> ScriptedSink
        var limit = 0
        /// What the upstream has got after the step.
        var got = ""
        var blocked = Blocked()
        var state = Upload.State.sending
        /// The failure's word, if the step fails.
        var fails: String?
    }

    static let cases: [Case] = [
        Case(
            testDescription: "without a body is sent at once", client: { .init([.finish]) }, upstream: { .init() }, state: .sent),
        Case(
            testDescription: "waits for a client that has not sent yet", client: { .init([.blocked]) }, upstream: { .init() },
            blocked: Blocked(onClient: true)),
        Case(
            testDescription: "sends what has come and waits for more", client: { .init([.payload("ab"), .blocked]) },
            upstream: { .init() }, got: "ab", blocked: Blocked(onClient: true)),
        Case(
            testDescription: "sends all pieces in one step", client: { .init([.payload("ab"), .payload("cd"), .finish]) },
            upstream: { .init() }, got: "abcd", state: .sent),
        Case(
            testDescription: "goes on in pieces that the upstream takes", client: { .init([.payload("abcd"), .finish]) },
            upstream: { .init(writes: [.takes(1), .takes(1), .takes(2)]) }, got: "abcd", state: .sent),
        Case(
            testDescription: "waits for an upstream that takes nothing", client: { .init([.payload("ab"), .finish]) },
            upstream: { .init(writes: [.blocked]) }, blocked: Blocked(onUpstream: true)),
        Case(
            testDescription: "keeps what a blocked upstream has left over", client: { .init([.payload("abc"), .finish]) },
            upstream: { .init(writes: [.takes(2), .blocked]) }, got: "ab", blocked: Blocked(onUpstream: true)),
        Case(
            testDescription: "is not sent before its end is flushed", client: { .init([.payload("ab"), .finish]) },
            upstream: { .init(flushes: [.blocked]) }, got: "ab", blocked: Blocked(onUpstream: true)),
        Case(
            testDescription: "waits for both when what was collected cannot go either",
            client: { .init([.payload("a"), .blocked]) },
            upstream: { .init(flushes: [.blocked]) }, got: "a", blocked: Blocked(onClient: true, onUpstream: true)),
        Case(
            testDescription: "asks for another turn after as many moves as it may",
            client: { .init([ScriptedSource.Step](repeating: .payload("a"), count: 20)) }, upstream: { .init() },
            got: "aaaa", blocked: Blocked(wantsTurn: true)),
        Case(
            testDescription: "is refused by an upstream that breaks at a write", client: { .init([.payload("ab"), .finish]) },
            upstream: { .init(writes: [.breaks]) }, state: .refused),
        Case(
            testDescription: "is refused by an upstream that breaks at the last flush",
            client: { .init([.payload("ab"), .finish]) },
            upstream: { .init(flushes: [.breaks]) }, got: "ab", state: .refused),
        Case(
            testDescription: "is refused by an upstream that breaks while the client is waited for",
            client: { .init([.blocked]) }, upstream: { .init(flushes: [.breaks]) }, state: .refused),
        Case(
            testDescription: "fails when the client ends in the middle", client: { .init([.payload("a"), .end]) },
            upstream: { .init() }, got: "a", fails: "client_left"),
        Case(
            testDescription: "fails when the client breaks", client: { .init([.breaks]) }, upstream: { .init() },
            fails: "client_left"),
        Case(
            testDescription: "fails when the framing breaks the rules", client: { .init([.malformed(.chunkSizeMalformed)]) },
            upstream: { .init() }, fails: RefusalReason.chunkSizeMalformed.rawValue),
        Case(
            testDescription: "may be as long as the limit", client: { .init([.payload("abcd"), .finish]) }, upstream: { .init() },
            limit: 4, got: "abcd", state: .sent),
        Case(
            testDescription: "may not be a byte longer than the limit", client: { .init([.payload("abcde"), .finish]) },
            upstream: { .init() }, limit: 4, fails: "body_too_large"),
        Case(
            testDescription: "counts pieces towards the limit", client: { .init([.payload("abc"), .payload("de"), .finish]) },
            upstream: { .init() }, limit: 4, got: "abc", fails: "body_too_large"),
    ]

    @Test("comes to what is expected", arguments: cases)
    func step(_ example: Case) throws {
        let (source, sink) = (example.client(), example.upstream())
        var upload = Upload(from: source, to: sink, replay: nil, limit: BodyLimit(example.limit), now: 1)
        var blocked = Blocked()
        var failure: Failure?
        do throws(Failure) { blocked = try upload.step(now: 7) } catch { failure = error }
        #expect(sink.text == example.got)
        #expect(failure?.reason.word == example.fails)
        guard failure == nil else { return }
        #expect(blocked == example.blocked)
        #expect(upload.state == example.state)
        if example.state == .sent { #expect(sink.isFinished) }
        #expect(sink.isDiscarded == (example.state == .refused))
    }

    @Test("does not read a client whose body the upstream does not take")
    func backPressure() throws {
        let source = ScriptedSource([.payload("ab"), .payload("cd"), .finish])
        let sink = ScriptedSink(writes: [.blocked, .blocked, .blocked])
        var upload = Upload(from: source, to: sink, replay: nil, limit: BodyLimit(0), now: 1)
        for _ in 0..<3 { #expect(try upload.step(now: 2).onUpstream) }
        #expect(source.reads == 1)
        #expect(try upload.step(now: 3) == Blocked())
        #expect(sink.text == "abcd" && upload.state == .sent)
    }

    @Test("does nothing more once it is sent or refused", arguments: [false, true])
    func rests(isRefused: Bool) throws {
        let source = ScriptedSource([.payload("ab"), .finish])
        let sink = ScriptedSink(writes: isRefused ? [.breaks] : [])
        var upload = Upload(from: source, to: sink, replay: nil, limit: BodyLimit(0), now: 1)
        _ = try upload.step(now: 2)
        let reads = source.reads
        #expect(try upload.step(now: 3) == Blocked())
        #expect(source.reads == reads && upload.state == (isRefused ? .refused : .sent))
    }

    @Test("tells when it last moved, and not when it only waited")
    func movedAt() throws {
        let source = ScriptedSource([.payload("ab"), .blocked, .blocked, .payload("c"), .finish])
        var upload = Upload(from: source, to: ScriptedSink(), replay: nil, limit: BodyLimit(0), now: 1)
        _ = try upload.step(now: 5)
        #expect(upload.movedAt == 5)
        _ = try upload.step(now: 9)
        #expect(upload.movedAt == 5)
        _ = try upload.step(now: 12)
        #expect(upload.movedAt == 12 && upload.received == 3)
    }

    // MARK: Sent again

    @Test("keeps what was sent for another attempt, and no more", arguments: 0...4)
    func keeps(taken: Int) throws {
        let replay = Replay(limit: 100)
        let source = ScriptedSource([.payload("abcd"), .finish])
        let sink = ScriptedSink(writes: [.takes(taken), .blocked])
        var upload = Upload(from: source, to: sink, replay: replay, limit: BodyLimit(0), now: 1)
        _ = try upload.step(now: 2)
        #expect(replay.isWhole && replay.bytes == Array("abcd".utf8.prefix(taken)))
    }

    @Test("sends first what an earlier attempt took, cut anywhere", arguments: 1...6)
    func resends(piece: Int) throws {
        let replay = Replay(limit: 100)
        let kept = Array("abcdef".utf8)
        replay.append(kept.span)
        let source = ScriptedSource([.payload("gh"), .finish])
        let sink = ScriptedSink(writes: [.takes(piece), .blocked])
        var upload = Upload(from: source, to: sink, replay: replay, limit: BodyLimit(0), now: 1)
        #expect(try upload.step(now: 2) == Blocked(onUpstream: true))
        #expect(sink.text == "abcdef".prefix(piece))
        while upload.state == .sending { _ = try upload.step(now: 3) }
        #expect(sink.text == "abcdefgh" && replay.bytes == Array("abcdefgh".utf8))
    }

    @Test("keeps nothing of a body that outgrows what may be kept")
    func outgrown() throws {
        let replay = Replay(limit: 3)
        let source = ScriptedSource([.payload("ab"), .payload("cd"), .finish])
        let sink = ScriptedSink()
        var upload = Upload(from: source, to: sink, replay: replay, limit: BodyLimit(0), now: 1)
        _ = try upload.step(now: 2)
        #expect(!replay.isWhole && replay.count == 0 && sink.text == "abcd")
    }

    @Test("is refused when the upstream breaks while it is sent again")
    func resendingBreaks() throws {
        let replay = Replay(limit: 100)
        let kept = Array("abc".utf8)
        replay.append(kept.span)
        let sink = ScriptedSink(writes: [.takes(1), .breaks])
        var upload = Upload(from: ScriptedSource([.finish]), to: sink, replay: replay, limit: BodyLimit(0), now: 1)
        _ = try upload.step(now: 2)
        #expect(upload.state == .refused && sink.text == "a" && sink.isDiscarded)
    }
}
