import Testing

@testable import Fleet

@Suite("What is wrong with a fleet's documents")
struct ComplaintsTests {
    @Test("each is told once, and again when it is another, or was right meanwhile")
    func once() {
        var complaints = Complaints()
        let lines = [DocumentFault.altered, .altered, .malformed].map { complaints.note($0, of: "/a") }
        #expect(lines == [true, false, true])
        #expect(complaints.all == ["/a: \(DocumentFault.malformed)"])
        let changes = (0..<2).map { _ in complaints.note(nil, of: "/a") }
        #expect(changes == [true, false] && complaints.isEmpty)
        let isTold = complaints.note(.malformed, of: "/a")
        #expect(isTold)
    }

    @Test("no more are remembered than the most, and no look has more lines than the most; other subjects always have room")
    func bounds() {
        var complaints = Complaints()
        let lines = (0..<2 * Complaints.maxCount).count { complaints.note(.foreign, of: "/\($0)") }
        #expect(lines == Complaints.maxLinesOfLook)
        #expect(complaints.all.count == Complaints.maxCount)
        complaints.beginLook()
        // One that is remembered may change; one that is not has no room.
        let told = [0, Complaints.maxCount].map { complaints.note(.altered, of: "/\($0)") }
        #expect(told == [true, false])
        complaints.note("it is full", of: "the disk")
        #expect(complaints.all.contains("the disk: it is full"))
    }
}
