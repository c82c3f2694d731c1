/// What would become of a request, and by which lines of the configuration.
package struct Explanation: Codable, Sendable {
    /// Something that the configuration says.
    package struct Setting: Codable, Sendable {
        /// The key with indices: `sites[0].proxy.timeout.read`.
        package var key: String
        package var value: String
        /// `file:line:column`; nil: it is not written, and this is the default.
        package var at: String?
    }

    /// Where a client connects.
    package struct Listener: Codable, Sendable {
        package var address: String
        package var scheme: String
        package var at: String?
    }

    /// What a client is shown.
    package struct Certificate: Codable, Sendable {
        /// The name that a client asks for (SNI); nil: an IP address is none.
        package var serverName: String?
        package var file: String
        package var at: String?
        /// RFC 3339; nil if it is not known.
        package var expires: String?
    }

    /// The site that takes the request.
    package struct Site: Codable, Sendable {
        package var name: String
        package var key: String
        package var at: String?
        /// Why it is this one.
        package var why: String
    }

    /// The request as it is understood.
    package struct Request: Codable, Sendable {
        package var method: String
        package var target: String
        package var host: String
        /// Normalised, as routes and upstreams see it (docs/paths.md).
        package var path: String
        package var query: String
        /// The address that the site believes the request comes from.
        package var client: String?
    }

    /// A route of the site, and whether it takes the request.
    package struct Route: Codable, Sendable {
        /// Its place in the order in which routes are asked, from 1.
        package var order: Int
        package var kind: String
        package var path: String
        package var key: String
        package var at: String?
        package var isTaken: Bool
        package var why: String
    }

    /// A field of the request, and what becomes of it.
    package struct Field: Codable, Sendable {
        /// What becomes of it.
        package enum Change: String, Codable, Sendable { case kept, added, changed, removed }

        package var name: String
        package var change: Change
        /// The value as the client sent it; nil if it sent none.
        package var was: String?
        /// The value as it is sent on; nil if it is not.
        package var value: String?
        package var why: String?
        package var key: String?
        package var at: String?
    }

    /// A server of the upstream.
    package struct Server: Codable, Sendable {
        package var url: String
        package var weight: Int
        package var isPicked: Bool
        package var why: String
        package var at: String?
        /// The states that `gatehouse servers` shows; nil where no running process was asked.
        package var states: [String]?
        /// Exchanges and tunnels; nil as above.
        package var underWay: Int?
        package var lastFault: String?
    }

    /// Where the request goes, and as what.
    package struct Upstream: Codable, Sendable {
        package var name: String
        /// How servers are chosen.
        package var method: String
        package var servers: [Server]
        /// Why no server would be picked, as the log would have it; nil if one would.
        package var refusal: String?
        /// The request line as the server gets it.
        package var requestLine: String
        package var fields: [Field]
    }

    package var listener: Listener
    package var certificate: Certificate?
    package var site: Site?
    package var request: Request?
    /// The routes in the order in which they are asked.
    package var routes: [Route] = []
    /// What is done with the request, in a few words.
    package var result: String
    /// The status of an answer that is made here; nil where an upstream answers, or a file.
    package var status: Int?
    /// The reason's word in docs/reasons.md; nil without one.
    package var reason: String?
    package var upstream: Upstream?
    /// What it must pass first: addresses, limits, credentials.
    package var protection: [Setting] = []
    /// What is done to the answer's fields, in this order.
    package var answerFields: [Setting] = []
    /// Limits and timeouts in force.
    package var limits: [Setting] = []
}
