import Buffers
import EventLoop
import TLS

/// The generations of one worker: that of the plan in use, and those that only exchanges hold which are under way.
final class WorkerGenerations {
    /// That of the plan in use. An exchange takes its own from the acceptor of its connection, once.
    private(set) var present: Generation
    /// The one before, until what is not in use any more has ended.
    private var former: Generation?
    /// All that are still there.
    private let live = LiveGenerations()
    private let loop: EventLoop
    private let buffers: BufferPool
    private let probes: Bool

    /// - Parameter probes: whether it is this worker that probes.
    /// - Throws: when an upstream's TLS files cannot be used.
    init(_ plan: Plan, loop: EventLoop, buffers: BufferPool, probes: Bool) throws(TLSError) {
        self.loop = loop
        self.buffers = buffers
        self.probes = probes
        present = try Generation(plan, after: nil, loop: loop, buffers: buffers, live: live, probes: probes)
    }

    /// The numbers of all that are still there.
    var numbers: Set<Int> { live.numbers }

    /// The numbers of those that only exchanges hold which are under way.
    var older: Set<Int> { live.numbers.subtracting([present.number]) }

    /// What another plan needs here. Changes nothing: the generation can be adopted or dropped.
    /// - Throws: when an upstream's TLS files cannot be used.
    func prepare(_ plan: Plan) async throws(TLSError) -> Generation {
        try await Generation.make(plan, after: present, loop: loop, buffers: buffers, live: live, probes: probes)
    }

    /// From now on this generation is the one in use.
    /// - Parameter next: prepared since the present one was adopted.
    func adopt(_ next: Generation) {
        present.stopProbing()
        former = present
        present = next
    }

    /// What the generation in use has not taken over from the one before ends.
    func retireFormer() async {
        // Exchanges that are under way hold it.
        guard let former = former.take() else { return }
        await former.retire(for: present)
    }

    /// Takes apart what has been left by those that have ended. Clients have their turns meanwhile.
    func clear() async { await live.clear(on: loop) }
}
