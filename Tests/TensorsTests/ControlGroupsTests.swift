import Foundation
import Testing

@testable import Tensors

/// Containers' limits, read from files as the kernel lays them out.
@Suite("Control groups")
struct ControlGroupsTests {
    private let root = FileManager.default.temporaryDirectory.appending(path: "groups-\(UUID())").path

    /// What groups under `root` leave, whose files are `files`.
    private func limits(_ membership: String, _ files: [String: String]) throws -> (Int?, Double?) {
        defer { try? FileManager.default.removeItem(atPath: root) }
        for (path, text) in files {
            let url = URL(filePath: root).appending(path: path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
        let groups = ControlGroups(membership: membership, root: root)
        return (groups.memory, groups.processors)
    }

    @Test func versionTwoWithTheParentsLimit() throws {
        let (memory, processors) = try limits(
            "0::/user/job\n",
            [
                "user/memory.max": "1000\n", "user/memory.current": "700\n",
                "user/memory.stat": "anon 500\nactive_file 30\ninactive_file 20\n",
                "user/job/memory.max": "max\n", "user/job/memory.current": "650\n",
                "cpu.max": "max 100000\n", "user/job/cpu.max": "250000 100000\n",
            ])
        #expect(memory == 350 && processors == 2.5)
    }

    /// The group's name is the host's, which the container does not see: its root has the limits.
    @Test func versionOneInsideOfAContainer() throws {
        let (memory, processors) = try limits(
            "11:memory:/docker/1f\n4:cpu,cpuacct:/docker/1f\n2:cpuset:/docker/1f\n0::/docker/1f\n",
            [
                "memory/memory.limit_in_bytes": "2000\n", "memory/memory.usage_in_bytes": "1500\n",
                "memory/memory.stat": "inactive_file 1\ntotal_inactive_file 400\ntotal_active_file 50\n",
                "cpu/cpu.cfs_quota_us": "150000\n", "cpu/cpu.cfs_period_us": "100000\n",
                "cpuset/cpu.cfs_quota_us": "1\n", "cpuset/cpu.cfs_period_us": "100000\n",
            ])
        #expect(memory == 950 && processors == 1.5)
    }

    @Test func noLimitIsNone() throws {
        let unlimited = [
            "memory/memory.limit_in_bytes": "9223372036854771712\n", "memory/memory.usage_in_bytes": "5000\n",
            "cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n",
        ]
        let (memory, processors) = try limits("2:memory:/\n1:cpu:/\n0::/\n", unlimited)
        #expect(memory == 9_223_372_036_854_766_712 && processors == nil)
        for membership in ["", "nonsense\n", "0::/gone/../x\n"] {
            let none = try limits(membership, ["memory.max": "max\n", "cpu.max": "max\n"])
            #expect(none.0 == nil && none.1 == nil)
        }
    }

    /// A group that uses more than it may (the limit was lowered) leaves nothing, not less.
    @Test func whatIsLeftIsNotNegative() throws {
        #expect(try limits("0::/", ["memory.max": "10", "memory.current": "30"]).0 == 0)
    }
}
