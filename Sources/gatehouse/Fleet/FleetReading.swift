import ACME
import Configuration
import EventLoop
import Fleet
import TLS

/// What a configuration says of its fleet, in the terms of who acts on it.
extension FleetMemberSettings {
    /// Why the gateway cannot be of its fleet, and the key that is to blame.
    struct Unusable: Error {
        var key: String
        var reason: String
    }

    /// Reads the files that it names.
    /// - Returns: nil without `[fleet]`.
    static func of(_ configuration: Configuration) throws(Unusable) -> FleetMemberSettings? {
        guard let fleet = configuration.fleet else { return nil }
        let endpoints = fleet.endpoints.compactMap { ServiceURL($0, allowsPlain: true) }
        guard !endpoints.isEmpty, endpoints.count == fleet.endpoints.count else {
            throw Unusable(key: "fleet.endpoints", reason: "one of them is no URL")
        }
        var etcd = EtcdSettings(endpoints: endpoints)
        (etcd.caFile, etcd.certFile, etcd.keyFile) = (fleet.etcdCaFile, fleet.etcdCertFile, fleet.etcdKeyFile)
        (etcd.user, etcd.passwordFile) = (fleet.etcdUser, fleet.etcdPasswordFile)
        try checkAuthorities(etcd.caFile, key: "fleet.ca_file")
        for (key, file) in [("cert_file", etcd.certFile), ("key_file", etcd.keyFile)] {
            if let problem = file.flatMap({ FileAccess.problem(reading: $0) }) {
                throw Unusable(key: "fleet.\(key)", reason: "\(file ?? ""): \(problem.reason)")
            }
        }
        if let file = etcd.passwordFile, let problem = FileAccess.problem(reading: file) {
            throw Unusable(key: "fleet.password_file", reason: "\(file): \(problem.reason)")
        }
        let secret: FleetSecret
        do throws(ACMEError) { secret = try FleetSecret(file: fleet.secretFile) } catch {
            throw Unusable(key: "fleet.secret_file", reason: "\(error)")
        }
        return FleetMemberSettings(
            name: fleet.fleetName, member: fleet.member ?? ProcessNames.host, etcd: etcd, secret: secret,
            stateDirectory: configuration.stateDirectoryInUse,
            ticketRotation: Int(fleet.ticketRotation / .seconds(1)),
            degradedAfter: UInt64(max(1, fleet.degradedAfter / .seconds(1))) * 1_000_000_000)
    }
}

extension FleetMemberSettings {
    /// Throws where a service's authorities cannot be read, or have revocation lists with them, which nobody would ask.
    fileprivate static func checkAuthorities(_ file: String?, key: String) throws(Unusable) {
        guard let flaw = file.flatMap({ ServiceAuthorities.flaw(of: $0) }) else { return }
        throw Unusable(key: key, reason: flaw.message + (flaw.remedy.map { ": \($0)" } ?? ""))
    }
}

extension RedisSettings {
    /// Checks the files that it names.
    /// - Returns: nil without `[fleet.redis]`.
    static func of(_ configuration: Configuration) throws(FleetMemberSettings.Unusable) -> RedisSettings? {
        guard let fleet = configuration.fleet, let redis = fleet.redis else { return nil }
        let endpoints = redis.redisEndpoints.compactMap {
            FleetRedis.webURL(of: $0).flatMap { ServiceURL($0, allowsPlain: true) }
        }
        guard !endpoints.isEmpty, endpoints.count == redis.redisEndpoints.count else {
            throw FleetMemberSettings.Unusable(key: "fleet.redis.endpoints", reason: "one of them is no URL")
        }
        var settings = RedisSettings(
            endpoints: endpoints, prefix: "\(redis.keyPrefix)\(fleet.fleetName):", member: fleet.member ?? ProcessNames.host,
            timeout: UInt64(redis.redisTimeout / .nanoseconds(1)), interval: UInt64(redis.redisInterval / .nanoseconds(1)))
        (settings.caFile, settings.certFile, settings.keyFile) = (redis.redisCaFile, redis.redisCertFile, redis.redisKeyFile)
        (settings.user, settings.passwordFile) = (redis.redisUser, redis.redisPasswordFile)
        settings.sharesWhenAway = redis.whenAway == .share
        try FleetMemberSettings.checkAuthorities(settings.caFile, key: "fleet.redis.ca_file")
        let files = [
            ("cert_file", settings.certFile), ("key_file", settings.keyFile), ("password_file", settings.passwordFile),
        ]
        for (key, file) in files {
            if let problem = file.flatMap({ FileAccess.problem(reading: $0) }) {
                throw FleetMemberSettings.Unusable(key: "fleet.redis.\(key)", reason: "\(file ?? ""): \(problem.reason)")
            }
        }
        return settings
    }
}
