import EventLoop
import Upstreams

extension Worker {
    /// Starts the probers of the generation in use. Those of the one before have been stopped, and end by themselves.
    func probe() {
        guard let state else { return }
        let number = state.generation.number
        probing = state.generation.probers.indices.map { index in
            Task { await self.probe(index, of: number) }
        }
    }

    private func probe(_ index: Int, of number: Int) async {
        guard let state, state.generation.number == number else { return }
        let prober = state.generation.probers[index]
        await prober.run()
    }
}
