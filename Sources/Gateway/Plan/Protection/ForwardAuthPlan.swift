import HTTP
import Upstreams

/// A server that says whether a request may pass: of a site or route.
final class ForwardAuthPlan: Sendable {
    let server: UpstreamServer
    /// Path and query that it is asked at.
    let target: [UInt8]
    /// Fields of the question.
    let fields: [ConfiguredField]
    /// As variables (`ByteClass.asVariable`): no field of the client's goes there that a program takes for one of these:
    /// `fields`, and those in which upstreams are told who somebody is.
    let takenNames: Set<[UInt8]>
    /// Fields of the auth server's yes that the upstream gets, in place of any that the client has sent.
    let copied: [String]
    /// The one of them that says who it is, for the log; nil: none does.
    let userField: String?
    /// Nanoseconds for the whole question.
    let timeout: UInt64
    /// Which connections to it are kept for the next question.
    let idleSettings: UpstreamClient.IdleSettings
    /// The configuration's table.
    let key: String

    init(
        _ server: UpstreamServer, target: [UInt8], fields: [ConfiguredField], identityFields: [String], copied: [String],
        userField: String?, timeout: UInt64, idleSettings: UpstreamClient.IdleSettings, key: String
    ) {
        self.server = server
        self.target = target
        self.fields = fields
        takenNames = Set((fields.map(\.name) + identityFields).map { $0.utf8.map(ByteClass.asVariable) })
        self.copied = copied
        self.userField = userField
        self.timeout = timeout
        self.idleSettings = idleSettings
        self.key = key
    }
}
