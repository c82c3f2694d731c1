import TLS
import Testing

@Suite("When an OCSP responder is asked")
struct StapleScheduleTests {
    private let now: Int64 = 1_000_000

    /// After an answer that holds so long.
    private func wait(_ seconds: Int64, _ chance: Double, since: Int64 = 0) -> Int64 {
        StapleSchedule(now: now, kept: .init(from: now - since, until: now - since + seconds), chance: chance).next - now
    }

    @Test("at 40 to 60 hundredths of an answer's time, once a day at least, and not at once")
    func renewal() {
        #expect(wait(1000, 0) == 400 && wait(1000, 0.5) == 500 && wait(1000, 1) == 600)
        #expect(wait(1000, 0.5, since: 300) == 200)
        for chance in [0, 0.3, 0.999] { #expect(wait(7 * 86_400, chance) <= 104_000 && wait(7 * 86_400, chance) >= 69_000) }
        // Past that time, or as short as nobody means it: a while, all the same.
        #expect(wait(1000, 0.5, since: 900) == 10 && wait(1, 0.5) == 10 && wait(0, 1) == 10 && wait(-5, 1) == 10)
        #expect(StapleSchedule(now: now, kept: nil, chance: 0.5).next == now)
    }

    @Test("not at once again when the newest answer that there is was made long before: in a quarter of its rest, or an hour")
    func madeAhead() {
        func wait(from: Int64, until: Int64) -> Int64 {
            var schedule = StapleSchedule(now: now, kept: nil, chance: 0.5)
            schedule.succeeded(.init(from: now + from, until: now + until), now: now, chance: 0.5)
            return schedule.next - now
        }
        #expect(wait(from: -3 * 86_400, until: 4 * 86_400) == 3600)
        // One that does not say until when it holds is taken for an hour, however old.
        #expect(wait(from: -400 * 86_400, until: 3600) == 900)
        #expect(wait(from: -1000, until: 400) == 100 && wait(from: -1000, until: 8) == 10)
        // Not later than it would be asked anyway.
        #expect(wait(from: 0, until: 1000) == 500 && wait(from: -100, until: 86_300) > 40_000)
    }

    @Test("after failures in 15 seconds, then in twice as long each time, up to an hour")
    func failures() {
        var schedule = StapleSchedule(now: now, kept: nil, chance: 0)
        var waits: [Int64] = []
        for _ in 0..<70 {
            schedule.failed(now: now, chance: 0)
            waits.append(schedule.next - now)
        }
        #expect(waits.prefix(9) == [15, 30, 60, 120, 240, 480, 960, 1920, 3600] && waits.last == 3600)
        schedule.failed(now: now, chance: 1)
        #expect(schedule.next - now == 4320)
        schedule.succeeded(.init(from: now, until: now + 100), now: now, chance: 0.5)
        #expect(schedule.next - now == 50 && schedule.failures == 0)
        schedule.failed(now: now, chance: 0)
        #expect(schedule.next - now == 15)
    }
}
