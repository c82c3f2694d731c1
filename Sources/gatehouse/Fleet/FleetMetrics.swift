import EventLoop
import Fleet
import Gateway

extension FleetStatus {
    /// The fleet's numbers for a scrape.
    var metrics: FleetFigures {
        let now = monotonicNanoseconds()
        let contact = lastContact.map { realtimeNanoseconds() &- (now - min(now, $0)) }
        return FleetFigures(
            lastContact: (contact ?? 0) / 1_000_000_000, lag: lag(now: now), members: UInt64(members),
            configuration: UInt64(max(0, configuration)), newestConfiguration: UInt64(max(0, newestConfiguration)),
            isLeader: isLeader, isNameTaken: nameHolder != nil,
            wishes: (UInt64(wishes), UInt64(othersWishes)))
    }
}
