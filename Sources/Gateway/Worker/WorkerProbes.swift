import EventLoop
import Upstreams

extension Worker {
    /// Starts the probers of the generation in use. Those of the one before have been stopped, and end by themselves.
    func probe() {
        guard let resources else { return }
        let (number, plan) = (resources.generation.number, resources.generation.plan)
        if watchesUpstreams {
            plan.carried.sharedProbes.adopt(plan.probeSet) { [weak self] indices in
                guard let self else { return }
                Task { await self.lookAgain(at: indices, of: number) }
            }
        }
        probing = resources.generation.probers.indices.map { index in
            Task { await self.probe(index, of: number) }
        }
    }

    private func probe(_ index: Int, of number: Int) async {
        guard let resources, resources.generation.number == number else { return }
        let prober = resources.generation.probers[index]
        await prober.run()
    }

    /// Other members of the fleet probe these servers from now on, or say something else of them.
    private func lookAgain(at indices: [Int], of number: Int) {
        guard let resources, resources.generation.number == number else { return }
        let indices = Set(indices)
        for prober in resources.generation.probers where prober.index.map(indices.contains) ?? false { prober.lookAgain() }
    }
}
