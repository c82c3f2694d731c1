import Gateway
import Messages

extension AdminResources {
    /// What the flight recorder keeps, a JSON object a line.
    func recorded() async -> ServiceAnswer {
        guard await recorder.isOn else { return .problem(409, RecorderDumps.nothing) }
        return ServiceAnswer(contentType: "application/x-ndjson", body: await gateway.recorded().lines)
    }

    /// Writes what the flight recorder keeps to a file.
    func dumpRecorder() async -> ServiceAnswer {
        do throws(RecorderDumps.Failure) {
            return .json(try await recorder.dump("the admin API"))
        } catch {
            return .problem(409, "the flight recorder cannot be written: \(error)")
        }
    }
}
