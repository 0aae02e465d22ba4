import Foundation
import Testing

@testable import Tensors

/// What holds a machine back, from `/proc` and `/sys` as kernels write them.
@Suite("Obstacles")
struct ObstacleTests {
    /// A machine of four processors on four cores that nothing holds back.
    private static let sound = [
        "proc/cpuinfo": "processor\t: 0\nflags\t\t: fpu sse4_1 avx2 fma\n\nprocessor\t: 1\nflags\t\t: fpu\n",
        "proc/self/status": "Name:\tfce\nCpus_allowed_list:\t0-3\n",
        "proc/self/cgroup": "0::/job\n",
        "proc/self/stat": "7 (f ce) R 1 2 3 4 5 6 7 8 9 10 100 20 0 0\n",
        "proc/stat": "cpu  500 0 100 3000 50 0 0 0 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n",
        "proc/meminfo":
            "MemTotal:       16000000 kB\nSwapTotal:       4000000 kB\nSwapFree:        4000000 kB\n",
        "sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n",
        "sys/fs/cgroup/job/cpu.max": "max 100000\n", "sys/fs/cgroup/job/memory.max": "max\n",
        "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "schedutil\n",
        "sys/devices/system/cpu/cpu0/topology/thread_siblings_list": "0\n",
        "sys/devices/system/cpu/cpu1/topology/thread_siblings_list": "1\n",
        "sys/devices/system/cpu/cpu2/topology/thread_siblings_list": "2\n",
        "sys/devices/system/cpu/cpu3/topology/thread_siblings_list": "3\n",
    ]

    private func readings(_ changes: [String: String]) throws -> MachineReadings {
        let root = FileManager.default.temporaryDirectory.appending(path: "machine-\(UUID())")
        defer { try? FileManager.default.removeItem(at: root) }
        for (path, text) in Self.sound.merging(changes, uniquingKeysWith: { $1 }) {
            let url = root.appending(path: path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
        return MachineReadings(root: root.path)
    }

    private func obstacles(
        _ changes: [String: String], after: [String: String] = [:], threads: Int = 4, onednn: String? = "3.5"
    ) throws -> [Obstacle] {
        let first = try readings(changes)
        return Obstacle.all(
            first, try readings(changes.merging(after) { $1 }), threads: threads, onednn: onednn)
    }

    @Test func nothingHoldsASoundMachineBack() throws {
        #expect(try obstacles([:]) == [])
        let nothing = MachineReadings(root: "/nowhere")
        #expect(Obstacle.all(nothing, nothing, threads: 2, onednn: "3.5") == [], "nothing is known")
    }

    @Test(arguments: [
        ("instructions", ["proc/cpuinfo": "processor : 0\nflags : fpu sse4_1 avx\n"], "no AVX2", "-cpu host"),
        (
            "hyper-threads",
            [
                "sys/devices/system/cpu/cpu0/topology/thread_siblings_list": "0-1\n",
                "sys/devices/system/cpu/cpu1/topology/thread_siblings_list": "0-1\n",
                "sys/devices/system/cpu/cpu2/topology/thread_siblings_list": "2,3\n",
                "sys/devices/system/cpu/cpu3/topology/thread_siblings_list": "2,3\n",
            ], "4 threads share 2 cores", "--threads 2"
        ),
        ("processor-limit", ["sys/fs/cgroup/job/cpu.max": "150000 100000\n"], "1.5 of 4", "--cpus=4"),
        (
            "processor-limit",
            [
                "proc/self/cgroup": "3:cpu,cpuacct:/job\n",
                "sys/fs/cgroup/cpu/job/cpu.cfs_quota_us": "200000\n",
                "sys/fs/cgroup/cpu/job/cpu.cfs_period_us": "100000\n",
            ], "2 of 4", "CPUQuota=400%"
        ),
        (
            "memory-limit", ["sys/fs/cgroup/job/memory.max": "4000000000\n"], "4.0 GB of 16.4 GB",
            "--memory=15g"
        ),
        (
            "memory-limit",
            [
                "proc/self/cgroup": "3:memory:/job\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
                "sys/fs/cgroup/memory/job/memory.limit_in_bytes": "2000000000\n",
            ], "2.0 GB", "MemoryMax"
        ),
        (
            "huge-pages", ["sys/kernel/mm/transparent_hugepage/enabled": "always madvise [never]\n"],
            "huge pages are off", "echo madvise"
        ),
        (
            "governor", ["sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "powersave\n"], "powersave",
            "cpupower frequency-set -g performance"
        ),
        (
            "swap", ["proc/meminfo": "MemTotal: 16000000 kB\nSwapTotal: 4000000 kB\nSwapFree: 2000000 kB\n"],
            "2.0 GB", "swapoff"
        ),
    ])
    func oneThingIsFoundAlone(name: String, changes: [String: String], what: String, advice: String) throws {
        let found = try obstacles(changes)
        #expect(found.map(\.name) == [name])
        #expect(found.first?.what.contains(what) == true, "\(found)")
        #expect(found.first?.advice.contains(advice) == true, "\(found)")
    }

    @Test func oneDNNIsMissingOrOld() throws {
        #expect(try obstacles([:], onednn: nil).first?.what.contains("not installed") == true)
        #expect(try obstacles([:], onednn: "2.6.3") == [])
    }

    /// The driver's powersave follows the load.
    @Test func aDriverMayCallItselfPowersave() throws {
        let folder = "sys/devices/system/cpu/cpu0/cpufreq"
        let found = try obstacles([
            "\(folder)/scaling_governor": "powersave\n", "\(folder)/scaling_driver": "intel_pstate\n",
        ])
        #expect(found == [])
    }

    /// Fewer threads than cores have a core each, whatever the processors are called.
    @Test func fewThreadsShareNothing() throws {
        let folder = "sys/devices/system/cpu/cpu"
        let pairs = ["0": "0-1", "1": "0-1", "2": "2-3", "3": "2-3"].map {
            ("\(folder)\($0.key)/topology/thread_siblings_list", $0.value)
        }
        #expect(try obstacles(Dictionary(uniqueKeysWithValues: pairs), threads: 2) == [])
    }

    @Test func neighboursAreThoseWhoComputedMeanwhile() throws {
        // Of 1000 ticks: 400 of ours, 300 of others, 250 idle, 50 stolen.
        let after = [
            "proc/stat": "cpu  1150 0 150 3200 100 0 0 50 0 0\n",
            "proc/self/stat": "7 (f ce) R 1 2 3 4 5 6 7 8 9 10 450 70 0 0\n",
        ]
        let found = try obstacles([:], after: after)
        #expect(found.map(\.name) == ["neighbours", "stolen-time"])
        #expect(found[0].what.contains("30 %") && found[1].what.contains("5 %"), "\(found)")
        let alone = [
            "proc/stat": "cpu  900 0 100 3000 50 0 0 0 0 0\n",
            "proc/self/stat": "7 (f ce) R 1 2 3 4 5 6 7 8 9 10 500 20 0 0\n",
        ]
        #expect(try obstacles([:], after: alone) == [])
    }
}
