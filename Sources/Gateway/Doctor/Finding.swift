/// One thing that `gatehouse doctor` has looked at.
package struct Finding: Codable, Sendable, Equatable {
    /// What was looked at; in the order in which it is told.
    package enum Area: String, Codable, Sendable, CaseIterable {
        case configuration, descriptors, ports, clock, names, certificates, files, upstreams, kernel
    }

    /// How it was found.
    package enum Verdict: String, Codable, Sendable {
        /// As it should be.
        case ok
        /// Works, but not as well, or not for everybody; or nobody can say from here.
        case warning
        /// Something of the configuration cannot work, or is unsafe.
        case error
    }

    package var area: Area
    package var verdict: Verdict
    /// What was looked at: an address, a file, a key.
    package var subject: String
    package var message: String
    /// What to do; nil if there is nothing to be done.
    package var remedy: String?
    /// `FILE:LINE` of the configuration; nil if none is to blame.
    package var place: String?

    package init(
        _ area: Area, _ verdict: Verdict, _ subject: String, _ message: String, remedy: String? = nil, place: String? = nil
    ) {
        (self.area, self.verdict, self.subject) = (area, verdict, subject)
        (self.message, self.remedy, self.place) = (message, remedy, place)
    }
}
