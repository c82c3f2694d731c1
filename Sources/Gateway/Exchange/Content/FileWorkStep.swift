import EventLoop
import StaticFiles

/// The step that waits for a file system: threads do what could block, and the loop goes on with others meanwhile.
extension Exchange {
    /// Searches for what `StaticSite.known` did not know.
    mutating nonisolated(nonsending) func searchFile(
        _ path: [UInt8], _ method: StaticMethod, _ conditions: StaticConditions, _ site: StaticSite
    ) async throws(Failure) -> StaticAnswer {
        let search: FileSearch
        do throws(StaticError) {
            search = try site.search(
                path: path.span, method: method, conditions: conditions, now: resources.clock.seconds, cache: resources.fileCache)
        } catch {
            throw Failure(ExchangeReason(error.refusal), detail: error.reason)
        }
        return try await carryOut(search)
    }

    /// Goes a search's way to its end.
    mutating nonisolated(nonsending) func carryOut(_ search: consuming FileSearch) async throws(Failure) -> StaticAnswer {
        var step = search.begin()
        var limits = generation.limits.files
        while true {
            switch step {
            case .answer(let answer): return answer
            case .work(let work):
                step = search.next(try await elsewhere(limits) { work.run() })
                limits = limits.onceBegun
            }
        }
    }

    /// Reads a piece of a file that is not in memory.
    mutating nonisolated(nonsending) func readElsewhere(
        _ reading: FileReading
    ) async throws(Failure) -> Result<[UInt8], StaticError> {
        try await elsewhere(generation.limits.files.onceBegun) { reading.run() }
    }

    private mutating nonisolated(nonsending) func elsewhere<Value: Sendable>(
        _ limits: FileThreads.Limits, _ work: @escaping @Sendable () -> Value
    ) async throws(Failure) -> Value {
        do throws(FileThreads.Refusal) {
            return try await resources.shared.fileThreads.run(limits, work)
        } catch {
            throw switch error {
            case .busy: Failure(.fileBusy, key: "limits.file_reads")
            case .stalled: Failure(.fileStalled, key: "limits.file_timeout")
            }
        }
    }
}

extension FileThreads.Limits {
    /// The limits for work that has begun: it waits for one piece at a time, and is not turned away in the middle.
    fileprivate var onceBegun: FileThreads.Limits { FileThreads.Limits(threads: threads, waiting: .max, timeout: timeout) }
}
