import EventLoop
import Testing

@Suite("Processors of a control group")
struct ProcessorsTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var memberships: String
        var files: [String: String]
        var cores: Int?
    }

    static let cases = [
        Case(
            testDescription: "version 2, two cores", memberships: "0::/\n",
            files: ["/sys/fs/cgroup/cpu.max": "200000 100000\n"], cores: 2),
        Case(
            testDescription: "a part of a core is one", memberships: "0::/\n",
            files: ["/sys/fs/cgroup/cpu.max": "20000 100000\n"], cores: 1),
        Case(
            testDescription: "one and a half are two", memberships: "0::/\n",
            files: ["/sys/fs/cgroup/cpu.max": "150000 100000\n"], cores: 2),
        Case(
            testDescription: "no limit", memberships: "0::/\n", files: ["/sys/fs/cgroup/cpu.max": "max 100000\n"], cores: nil),
        Case(
            testDescription: "a group above has less", memberships: "0::/a.slice/b.service\n",
            files: [
                "/sys/fs/cgroup/a.slice/b.service/cpu.max": "800000 100000\n",
                "/sys/fs/cgroup/a.slice/cpu.max": "300000 100000\n",
            ], cores: 3),
        Case(
            testDescription: "a path of the machine, which the container does not have", memberships: "0::/docker/0123abcd\n",
            files: ["/sys/fs/cgroup/cpu.max": "400000 100000\n"], cores: 4),
        Case(
            testDescription: "version 1", memberships: "5:memory:/x\n4:cpu,cpuacct:/kubepods/pod\n0::/\n",
            files: [
                "/sys/fs/cgroup/cpu/kubepods/pod/cpu.cfs_quota_us": "250000\n",
                "/sys/fs/cgroup/cpu/kubepods/pod/cpu.cfs_period_us": "100000\n",
                "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n", "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            ], cores: 3),
        Case(
            testDescription: "version 1 counts cpu, not cpuacct alone", memberships: "4:cpuacct:/\n",
            files: [
                "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "100000\n", "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            ], cores: nil),
        Case(testDescription: "no files", memberships: "0::/\n", files: [:], cores: nil),
        Case(
            testDescription: "what is no limit at all", memberships: "nonsense\n0::/\n",
            files: ["/sys/fs/cgroup/cpu.max": "much 0\n"], cores: nil),
    ]

    @Test("are as many whole cores as it has time for", arguments: cases)
    func quota(_ one: Case) {
        #expect(Processors.cores(memberships: one.memberships) { one.files[$0] } == one.cores)
    }
}
