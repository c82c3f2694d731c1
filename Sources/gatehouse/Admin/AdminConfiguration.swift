import Configuration
import Messages

extension AdminResources {
    /// The configuration as it is written, without its secrets.
    func configuration() async -> ServiceAnswer {
        guard let reloader else { return Self.noFile }
        guard let json = MaskedConfiguration.json(await reloader.sourceInUse) else {
            return .problem(500, "The configuration in use cannot be shown.")
        }
        return ServiceAnswer(status: 200, contentType: "application/json", body: Array("\(json)\n".utf8))
    }
}
