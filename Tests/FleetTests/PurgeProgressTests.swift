import Testing

@testable import Fleet

@Suite("How far a member has come with purges")
struct PurgeProgressTests {
    @Test("what was purged before it was a member is only noted, what comes later is carried out, and nothing twice")
    func steps() {
        var progress = PurgeProgress()
        #expect(progress.step(to: 7) == .note)
        #expect(progress.note(7) == Array("7".utf8))
        #expect(progress.step(to: 7) == .nothing)
        #expect(progress.step(to: 9) == .carryOut(after: 7))
        #expect(progress.note(9) == Array("9".utf8))
        #expect(progress.note(9) == nil)
    }

    @Test("when etcd has forgotten how many there were, it goes on from there")
    func forgotten() {
        var progress = PurgeProgress()
        _ = progress.note(9)
        #expect(progress.step(to: 0) == .note)
        _ = progress.note(0)
        #expect(progress.step(to: 1) == .carryOut(after: 0))
    }

    @Test("goes on with what was kept, if that can be read", arguments: [("12", 12 as Int?), ("", nil), ("x", nil)])
    func kept(text: String, last: Int?) {
        var progress = PurgeProgress()
        progress.resume(from: Array(text.utf8))
        #expect(progress.last == last)
        progress.resume(from: nil)
        #expect(progress.last == nil)
    }
}
