import Testing

@testable import Gateway

/// What `gatehouse doctor` says of a machine, value by value.
@Suite("What a machine's readings mean for a configuration")
struct MachineReadingsTests {
    private let needs = MachineReadings.Needs(connections: 1000, descriptors: 2256)

    /// A machine that nothing is wrong with.
    private var good: MachineReadings {
        var readings = MachineReadings()
        readings.descriptors = 2256
        readings.isClockSynchronised = true
        readings.now = 1_800_000_000
        readings.release = "6.1.0-32-amd64"
        readings.somaxconn = 4096
        readings.localPorts = 32_768...60_999
        readings.trackedConnections = 2000
        return readings
    }

    @Test("a good machine has no fault, and everything is looked at")
    func goodMachine() {
        let findings = good.findings(for: needs)
        #expect(findings.allSatisfy { $0.verdict == .ok && $0.remedy == nil })
        #expect(
            findings.map(\.subject) == [
                "open files", "clock", "Linux 6.1.0-32-amd64", "net.core.somaxconn", "net.ipv4.ip_local_port_range",
                "net.netfilter.nf_conntrack_max",
            ])
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let area: Finding.Area
        let verdict: Finding.Verdict
        /// A part of the remedy.
        let remedy: String
        let change: @Sendable (inout MachineReadings) -> Void
    }

    private static let faults = [
        Fault(testDescription: "too few files", area: .descriptors, verdict: .error, remedy: "LimitNOFILE=2256") {
            $0.descriptors = 2255
        },
        Fault(testDescription: "an unknown limit on files", area: .descriptors, verdict: .warning, remedy: "ulimit -Hn") {
            $0.descriptors = 0
        },
        Fault(testDescription: "a clock of 1970", area: .clock, verdict: .error, remedy: "chrony") { $0.now = 1000 },
        Fault(testDescription: "a clock that nobody sets", area: .clock, verdict: .warning, remedy: "chrony") {
            $0.isClockSynchronised = false
        },
        Fault(testDescription: "a clock of which nothing is known", area: .clock, verdict: .warning, remedy: "date -u") {
            $0.isClockSynchronised = nil
        },
        Fault(testDescription: "an old kernel", area: .kernel, verdict: .warning, remedy: "5.10") { $0.release = "5.9.16" },
        Fault(testDescription: "a very old kernel", area: .kernel, verdict: .warning, remedy: "5.10") { $0.release = "4.19.0" },
        Fault(testDescription: "a kernel without a version", area: .kernel, verdict: .warning, remedy: "uname") {
            $0.release = ""
        },
        Fault(testDescription: "a short queue", area: .kernel, verdict: .warning, remedy: "somaxconn=4096") {
            $0.somaxconn = 128
        },
        Fault(testDescription: "few ports", area: .kernel, verdict: .warning, remedy: "ip_local_port_range") {
            $0.localPorts = 40_000...40_998
        },
        Fault(testDescription: "few tracked connections", area: .kernel, verdict: .warning, remedy: "nf_conntrack_max=4000") {
            $0.trackedConnections = 1999
        },
    ]

    @Test("each fault is the only one, and has its remedy", arguments: faults)
    func fault(_ fault: Fault) throws {
        var readings = good
        fault.change(&readings)
        let faults = readings.findings(for: needs).filter { $0.verdict != .ok }
        try #require(faults.count == 1, "\(faults)")
        #expect(faults[0].area == fault.area && faults[0].verdict == fault.verdict)
        #expect(faults[0].remedy?.contains(fault.remedy) == true, "\(faults[0])")
    }

    @Test("what a kernel does not have is no fault")
    func absent() {
        var readings = good
        (readings.somaxconn, readings.localPorts, readings.trackedConnections) = (nil, nil, nil)
        #expect(readings.findings(for: needs).allSatisfy { $0.verdict == .ok })
    }

    @Test("this machine's values are read")
    func here() {
        let readings = MachineReadings(proc: "/proc", descriptors: 7)
        #expect(readings.descriptors == 7 && !readings.release.isEmpty && readings.now > 1_700_000_000)
        #expect(readings.somaxconn != nil && readings.localPorts != nil)
        let nothing = MachineReadings(proc: "/nonexistent", descriptors: 7)
        #expect(nothing.release.isEmpty && nothing.somaxconn == nil && nothing.localPorts == nil)
    }
}
