import Testing

@testable import Configuration

/// The same file: what operators see of the gateway.
extension EveryKeyTests {
    @Test func `logs are read as written`() {
        #expect(configuration.logging.level == .debug)
        #expect(configuration.logging.accessLog == .file(path: "/var/log/access.log"))
        #expect(configuration.logging.errorLog == .none && configuration.logging.format == .json)
        #expect(configuration.logging.redactQuery == ["token"])
        #expect(configuration.logging.sampleOneIn == 8)
        #expect(configuration.logging.sampleSlow == .milliseconds(250))
        #expect(configuration.logging.rotateSize == 8 << 20 && configuration.logging.rotateAge == .seconds(3600))
        #expect(configuration.logging.rotateKeep == 3 && configuration.logging.syslogFacility == .local3)
        #expect(configuration.logging.syslogCaFile == "/etc/ssl/syslog.pem")
    }

    @Test func `the management listener is read as written`() {
        #expect(configuration.management.enabled && configuration.management.host == "::1")
        #expect(configuration.management.port == 7000)
        #expect(configuration.management.apiKey == "0123456789abcdef" && configuration.management.readKey == "fedcba9876543210")
        #expect(configuration.management.hostnames == ["admin.example"] && configuration.management.clientCaFile == "ca.pem")
        #expect(configuration.management.certFile == "admin.pem" && configuration.management.keyFile == "admin.key")
    }

    @Test func `tracing is read as written`() {
        #expect(configuration.tracing.endpoint?.authority == "[::1]:4318")
        #expect(configuration.tracing.endpoint?.target == "/v1/traces" && configuration.tracing.endpoint?.isTLS == true)
        #expect(configuration.tracing.serviceName == "edge" && configuration.tracing.sampleOneIn == 5)
        #expect(configuration.tracing.slow == .seconds(2) && configuration.tracing.caFile == "otlp.pem")
    }

    @Test func `the fleet is read as written`() {
        let fleet = configuration.fleet
        #expect(fleet?.fleetName == "edge" && fleet?.member == "edge-1" && fleet?.secretFile == "fleet.key")
        #expect(fleet?.endpoints == ["https://etcd-1.example:2379", "https://[::1]:2379"])
        #expect(fleet?.etcdCaFile == "etcd-ca.pem" && fleet?.etcdCertFile == "etcd.pem" && fleet?.etcdKeyFile == "etcd.key")
        #expect(fleet?.etcdUser == "gatehouse" && fleet?.etcdPasswordFile == "etcd.password")
        #expect(fleet?.ticketRotation == .seconds(3600) && fleet?.degradedAfter == .seconds(90))
    }

    @Test func `the fleet's Redis is read as written`() {
        let redis = configuration.fleet?.redis
        #expect(redis?.redisEndpoints == ["rediss://redis-1.example", "rediss://[::1]:6380"])
        #expect(redis?.redisCaFile == "redis-ca.pem" && redis?.redisCertFile == "redis.pem" && redis?.redisKeyFile == "redis.key")
        #expect(redis?.redisUser == "limits" && redis?.redisPasswordFile == "redis.password" && redis?.keyPrefix == "edge:")
        #expect(redis?.redisTimeout == .milliseconds(100) && redis?.redisInterval == .milliseconds(10))
        #expect(redis?.whenAway == .share)
        #expect(FleetRedis.webURL(of: "rediss://redis-1.example") == "https://redis-1.example:6379")
        #expect(FleetRedis.webURL(of: "redis://[::1]") == "http://[::1]:6379")
        #expect(FleetRedis.webURL(of: "rediss://[::1]:6380") == "https://[::1]:6380")
    }

    @Test func `the recorder is read as written`() {
        #expect(configuration.recorder.exchanges == 77 && configuration.recorder.keep == 3)
        #expect(configuration.recorder.dumpOn == FailureShare(percent: 20, duration: .seconds(10)))
        #expect(configuration.recorder.directory == "/var/log/recorder")
    }

    @Test func `who may come and where to is read as written`() {
        let route = site.proxy?.routes.first
        #expect(site.access.allowFile == "friends.txt" && site.access.denyFile == "blocked.txt")
        #expect(route?.access.denyFile == "route.blocked" && route?.match.summary == "cookie canary=1")
    }
}
