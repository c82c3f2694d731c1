/// `[fleet]`: gateways that act as one, by what they agree on in etcd.
package struct FleetSettings: Sendable, Equatable {
    /// Which upstream servers one member probes for all.
    package enum ProbeSharing: String, Sendable, CaseIterable {
        /// Those that are not on the member's own machine.
        case remote
        case all
        case none
    }

    /// The fleet's name.
    package var fleetName: String
    /// What this gateway is called in it; nil: as its machine.
    package var member: String?
    /// URLs of etcd's members, in the order of the file.
    package var endpoints: [String]
    /// The file with the keys that hide what is kept in etcd.
    package var secretFile: String
    /// PEM file of the authorities that etcd's certificates may lead to; nil: the system's.
    package var etcdCaFile: String?
    /// PEM: what is shown to etcd; nil: nothing.
    package var etcdCertFile: String?
    package var etcdKeyFile: String?
    /// Who the gateway is to etcd; nil: nobody.
    package var etcdUser: String?
    package var etcdPasswordFile: String?
    /// After which there is another key for session tickets.
    package var ticketRotation = Duration.seconds(7200)
    /// How far the gateway may lag behind etcd before its health is degraded.
    package var degradedAfter = Duration.seconds(60)
    package var shareProbes = ProbeSharing.remote
    /// Nil: rate limits count on each member alone.
    package var redis: FleetRedis?
}

extension FleetSettings {
    /// - Returns: nil if the table is not written, or lacks what it needs, which is reported.
    static func read(_ table: TableReader) -> FleetSettings? {
        guard table.isWritten else {
            // Each key is known all the same.
            _ = FleetSettings(table)
            return nil
        }
        let settings = FleetSettings(table)
        for key in ["name", "endpoints", "secret_file"] where !table.has(key) { table.missing(key) }
        settings.checkTogether(table)
        table.finish()
        return settings
    }

    private init(_ table: TableReader) {
        fleetName = Self.word("name", table) ?? ""
        member = Self.word("member", table)
        endpoints = (table.strings(["endpoints"]) ?? []).compactMap { Self.endpoint($0, table) }
        secretFile = table.string(["secret_file"], allowEmpty: false)?.value ?? ""
        table.read("ca_file", into: &etcdCaFile)
        table.read("cert_file", into: &etcdCertFile)
        table.read("key_file", into: &etcdKeyFile)
        table.read("user", into: &etcdUser)
        table.read("password_file", into: &etcdPasswordFile)
        redis = FleetRedis.read(table.table("redis"))
        table.readDuration("ticket_rotation", into: &ticketRotation)
        table.read("share_probes", into: &shareProbes)
        table.readDuration("degraded_after", into: &degradedAfter)
        if degradedAfter < .seconds(10) {
            table.error(
                at: "degraded_after", "must be ten seconds or more",
                hint: "etcd is looked at every five seconds, so that a shorter lag is none")
        }
        if ticketRotation < .seconds(2) {
            table.error(
                at: "ticket_rotation", "must be two seconds or more",
                hint: "24 minutes or more, so that every ticket is opened as long as it is good")
        }
    }

    /// Letters, digits, dots, dashes and underscores: it is part of keys in etcd, and of a directory's name.
    private static func word(_ key: String, _ table: TableReader) -> String? {
        guard let text = table.string([key], allowEmpty: false) else { return nil }
        let isRight = text.value.utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
                || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || Array("-._".utf8).contains(byte)
        }
        if !isRight || text.value.utf8.count > 63 || text.value.hasPrefix(".") {
            table.reading.error(
                text, "\"\(text.value)\" is no name: up to 63 letters, digits, dashes, underscores and dots, no dot first")
        }
        return text.value
    }

    private static func endpoint(_ text: Written<String>, _ table: TableReader) -> String? {
        guard let endpoint = Tracing.Endpoint(text.value),
            text.value.firstRange(of: "://").map({ !text.value[$0.upperBound...].contains("/") }) == true
        else {
            table.reading.error(
                text, "\"\(text.value)\" is no http or https URL without a path", hint: "such as \"https://10.0.0.1:2379\"")
            return nil
        }
        if !endpoint.isTLS, !IPAddressText.isLoopback(endpoint.host) {
            table.reading.warning(
                text, "others on the way to etcd can read and change what goes there, and passwords with it",
                hint: "https, with ca_file")
        }
        return text.value
    }

    private func checkTogether(_ table: TableReader) {
        if table.has("endpoints"), endpoints.isEmpty, !table.reading.hasError {
            table.error(at: "endpoints", "names nobody", hint: "such as [\"https://10.0.0.1:2379\"]")
        }
        if endpoints.count > 16 {
            table.error(at: "endpoints", "has \(endpoints.count) URLs: 16 are the most", hint: "name a few of them")
        }
        table.checkPair("cert_file", "key_file")
        table.checkPair("user", "password_file")
        guard !endpoints.isEmpty, !endpoints.contains(where: { $0.hasPrefix("https") }) else { return }
        for (key, isWritten) in [("ca_file", etcdCaFile != nil), ("cert_file", etcdCertFile != nil)] where isWritten {
            table.error(at: key, "does nothing: no endpoint speaks TLS", hint: "write https in endpoints, or take it out")
        }
    }
}

extension ConfigurationReference {
    static let fleetSection = Section(
        "fleet", "Several gateways that act as one, by what they agree on in etcd ([Fleet](fleet.md)).",
        [
            Key("name", "name", .required, "Of the fleet; etcd may keep several ones'. Letters, digits, `-`, `_` and `.`."),
            Key(
                "member", "name", .none("the machine's name"),
                "What this gateway is called in the fleet; no other may be called so."),
            Key(
                "endpoints", "list of URLs", .required,
                """
                etcd's members, version 3.4 or later: `https://HOST:2379`. One that cannot answer is passed over. Up to 16.
                """),
            Key(
                "secret_file", "file", .required,
                """
                What is kept in etcd is encrypted with AES-256-GCM by a key that etcd does not have: a line of 64 hexadecimal \
                digits (`openssl rand -hex 32`), the same for all members. With several lines the first one encrypts, and all \
                decrypt.
                """),
            Key(
                "ca_file", "PEM file", .none("the system's authorities"), "Who may have issued the certificates of `endpoints`."),
            Key("cert_file", "PEM file", .none("none"), "The certificate that is shown to etcd, with its chain."),
            Key("key_file", "PEM file", .none("none"), "The certificate's key."),
            Key("user", "text", .none("nobody"), "Who the gateway is to etcd, where that asks."),
            Key("password_file", "file", .none("none"), "The user's password, alone in its first line."),
            Key(
                "ticket_rotation", "duration", .value("7200"),
                """
                After how long there is another key for session tickets. Shorter than 24 minutes, tickets are opened for six \
                changes, not for all the two hours that they are good.
                """),
            Key(
                "degraded_after", "duration", .value("60"),
                """
                For how long this gateway may go by what its fleet perhaps does not agree on any more (etcd does not answer, or \
                a configuration is refused) until its health is `degraded`. Traffic goes on, and it stays ready.
                """),
            Key(
                "share_probes", "`remote`, `all`, `none`", .value("\"remote\""),
                """
                Which upstream servers one member probes for all members with the same ones ([Fleet](fleet.md#probes)): \
                those that are not on the member's own machine (loopback and link-local addresses, Unix sockets), all, or \
                none.
                """),
        ])
}
