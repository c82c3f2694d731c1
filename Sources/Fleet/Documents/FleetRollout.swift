/// A configuration that comes into use in stages: one member, then a share of them, then all. What etcd has of it is all there
/// is: whoever makes the next step does so on the condition that nobody else has.
package struct FleetRollout: Codable, Sendable, Equatable {
    /// What it is waiting for, or how it has ended.
    package enum Phase: String, Codable, Sendable {
        /// The stage's members are to take it up.
        case taking
        /// They have, and their answers are watched.
        case watching
        /// All members use it, and it has been watched.
        case done
        /// What was in use before is in use again.
        case undone
    }

    /// How it is done.
    package struct Terms: Codable, Sendable, Equatable {
        /// Percent of the members that are of the second stage.
        package var share: Int
        /// Seconds for which each stage is watched.
        package var watch: Int
        /// The condition on which it is undone, in the form of `admin.rollback_on`.
        package var rule: String

        package init(share: Int, watch: Int, rule: String) { (self.share, self.watch, self.rule) = (share, watch, rule) }
    }

    /// The number of the configuration that is rolled out.
    package var number: Int
    /// The number of the configuration before it, which is gone back to.
    package var base: Int
    /// 0: one member; 1: a share; 2: all.
    package var stage = 0
    package var phase = Phase.taking
    /// Who is of the stage.
    package var members: [String]
    package var terms: Terms
    /// Who pushed it.
    package var author: String
    /// Why it was undone.
    package var reason: String?

    package static let stages = 3
    /// Seconds that members may take to take it up.
    static let answerTime: Int64 = 60

    init(number: Int, base: Int, members: [String], terms: Terms, author: String) {
        (self.number, self.base, self.members) = (number, base, members)
        (self.terms, self.author) = (terms, author)
    }

    /// Is there a step to be made still?
    package var isRunning: Bool { phase == .taking || phase == .watching }

    /// The roll-out in words, on one line.
    package var summary: String {
        let names = ["one member", "a share of the members", "all members"]
        let stage = names.indices.contains(stage) ? names[stage] : "stage \(stage)"
        let list = members.prefix(8).joined(separator: ", ") + (members.count > 8 ? " and \(members.count - 8) more" : "")
        return switch phase {
        case .taking: "configuration \(number) goes to \(stage): \(list)"
        case .watching: "configuration \(number) is in use by \(stage), and watched for \(terms.watch) s: \(list)"
        case .done: "configuration \(number) is in use by all members"
        case .undone: "configuration \(number) is undone: \(reason ?? "")"
        }
    }
}

/// What is to be done next about a roll-out: of values alone, so that all members come to the same.
enum RolloutStep: Equatable {
    /// Nothing, for the moment.
    case wait
    case watch
    /// The roll-out goes on to another stage, of these members.
    case advance(stage: Int, members: [String])
    case finish
    case undo(reason: String)

    /// - Parameters:
    ///   - records: of all members that are there.
    ///   - isHeld: whether the present phase has time left.
    init(_ rollout: FleetRollout, _ records: [MemberRecord], isHeld: Bool) {
        let known = Dictionary(records.map { ($0.member, $0) }, uniquingKeysWith: { first, _ in first })
        for name in rollout.members.sorted() {
            guard let record = known[name] else {
                self = .undo(reason: "the member \(name) has gone")
                return
            }
            if record.refused >= rollout.number {
                self = .undo(reason: "the member \(name) says: \(record.refusal ?? "no")")
                return
            }
        }
        let waitedFor = rollout.members.filter { (known[$0]?.configuration ?? 0) < rollout.number }.sorted()
        switch rollout.phase {
        case .done, .undone: self = .wait
        case .taking where waitedFor.isEmpty: self = .watch
        case .taking:
            let reason = "the member \(waitedFor.first ?? "") has not taken it up within \(FleetRollout.answerTime) seconds"
            self = isHeld ? .wait : .undo(reason: reason)
        case .watching where isHeld: self = .wait
        // Who has gone back by itself, or was started with another one meanwhile.
        case .watching where !waitedFor.isEmpty: self = .undo(reason: "the member \(waitedFor[0]) does not use it any more")
        case .watching: self = Self.next(rollout, Array(known.keys))
        }
    }

    private static func next(_ rollout: FleetRollout, _ names: [String]) -> RolloutStep {
        guard rollout.stage < FleetRollout.stages - 1 else { return .finish }
        let others = Set(names).subtracting(rollout.members).sorted()
        let wanted = max(2, (names.count * rollout.terms.share + 99) / 100)
        guard rollout.stage == 0, wanted < names.count else {
            return .advance(stage: FleetRollout.stages - 1, members: (rollout.members + others).sorted())
        }
        return .advance(stage: 1, members: (rollout.members + others.prefix(wanted - rollout.members.count)).sorted())
    }
}
