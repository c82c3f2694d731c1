import EventLoop
import Upstreams

extension Worker {
    /// Starts the probers of the generation in use. Those of the one before have been stopped, and end by themselves.
    func probe() {
        guard let resources else { return }
        let number = resources.generation.number
        probing = resources.generation.probers.indices.map { index in
            Task { await self.probe(index, of: number) }
        }
    }

    private func probe(_ index: Int, of number: Int) async {
        guard let resources, resources.generation.number == number else { return }
        let prober = resources.generation.probers[index]
        await prober.run()
    }
}
