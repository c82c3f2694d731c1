import Testing

@testable import Gateway

@Suite("Room for connections")
struct ConnectionRoomTests {
    @Test("is all workers' together, and comes back when a connection ends or has never begun")
    func shared() {
        let counters = ProcessCounters()
        let (here, there) = (ConnectionRoom(counters), ConnectionRoom(counters))
        #expect(here.reserve(atMost: 2))
        #expect(there.reserve(atMost: 2))
        #expect(!here.reserve(atMost: 2))
        there.cancelReservation()
        #expect(here.reserve(atMost: 2))
        #expect(!there.reserve(atMost: 2))
        here.release()
        #expect(there.reserve(atMost: 2))
    }

    @Test("ends at the plan's limit or that on open files, whichever is less; pauses are counted as what they are")
    func limits() {
        let counters = ProcessCounters()
        let room = ConnectionRoom(counters)
        let byPlan = room.countPause(atMost: 5)
        #expect(byPlan.limit == "max_connections" && byPlan.count == 1)
        counters.connectionCeiling = 4
        let byFiles = room.countPause(atMost: 5)
        #expect(byFiles.limit == "the limit on open files" && byFiles.count == 1)
        #expect(counters.pauseCount == 1 && counters.shortageCount == 1)
        #expect(room.nameOfLimit(atMost: 4) == "max_connections")
    }
}
