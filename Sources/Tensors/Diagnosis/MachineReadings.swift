import Foundation

/// What `/proc` and `/sys` say of the machine at one moment. What a system does not say is nil.
package struct MachineReadings: Sendable {
    /// Instruction sets of the first processor, as `/proc/cpuinfo` writes them.
    package let flags: Set<String>
    /// Processors that this process may run on.
    package let allowed: Set<Int>
    /// The hyper-threads of each core that has an allowed processor.
    package let cores: Set<Set<Int>>
    /// Processors that the process' control groups give it time for.
    package let quota: Double?
    /// Bytes that the process' control groups limit it to.
    package let memoryLimit: Int?
    /// Bytes of memory.
    package let memory: Int?
    /// Bytes of memory that lie on a disk.
    package let swapped: Int?
    /// `always`, `madvise` or `never`.
    package let hugePages: String?
    /// How the system chooses the frequency, such as `powersave`.
    package let governor: String?
    /// What carries it out: the governor of `intel_pstate` and `amd-pstate-epp` is no more than a name.
    package let frequencyDriver: String?
    package let load: Load?

    /// Time since the system's start, in ticks.
    package struct Load: Sendable {
        /// Of all processors, idle or not.
        let all: Double
        /// Not idle, with what a hypervisor gave to other guests.
        let busy: Double
        let stolen: Double
        /// Of this process.
        let own: Double
    }

    /// - Parameter root: what stands before `/proc` and `/sys`; nothing for this machine.
    package init(root: String = "") {
        let files = ReadingFiles(root: root)
        let processor = files.text("/proc/cpuinfo")?.split(separator: "\n\n").first.map(String.init) ?? ""
        flags = Set(ReadingFiles.words(processor, after: "flags"))
        allowed = ReadingFiles.list(
            ReadingFiles.words(files.text("/proc/self/status") ?? "", after: "Cpus_allowed_list").first ?? "")
        cores = Set(
            allowed.compactMap { number in
                let cpu = "/sys/devices/system/cpu/cpu\(number)/topology/thread_siblings_list"
                return files.text(cpu).map(ReadingFiles.list)
            })
        let groups = ControlGroups(
            membership: files.text("/proc/self/cgroup") ?? "", root: "\(root)/sys/fs/cgroup")
        (quota, memoryLimit) = (groups.processors, groups.memoryLimit)
        let memory = files.text("/proc/meminfo") ?? ""
        func bytes(_ name: String) -> Int? {
            ReadingFiles.words(memory, after: name).first.flatMap { Int($0) }.map { $0 * 1024 }
        }
        self.memory = bytes("MemTotal")
        let swap = (total: bytes("SwapTotal"), free: bytes("SwapFree"))
        swapped = swap.total.flatMap { total in swap.free.map { total - $0 } }
        // The word in brackets is the one that holds.
        hugePages = files.text("/sys/kernel/mm/transparent_hugepage/enabled")?
            .split(separator: "[").dropFirst().first?.split(separator: "]").first.map(String.init)
        let frequency = "/sys/devices/system/cpu/cpu0/cpufreq"
        governor = files.line("\(frequency)/scaling_governor")
        frequencyDriver = files.line("\(frequency)/scaling_driver")
        load = Load(files.text("/proc/stat") ?? "", own: files.text("/proc/self/stat") ?? "")
    }
}

extension MachineReadings.Load {
    /// Nil where `stat` or `own` is not as proc(5) describes them.
    fileprivate init?(_ stat: String, own: String) {
        // user, nice, system, idle, iowait, irq, softirq, steal
        let ticks = ReadingFiles.words(stat, after: "cpu").prefix(8).compactMap { Double($0) }
        // The program's name, in parentheses, may contain spaces.
        let fields = own.split(separator: ")").last?.split(separator: " ").map(String.init) ?? []
        guard ticks.count == 8, fields.count > 12, let user = Double(fields[11]),
            let system = Double(fields[12])
        else { return nil }
        all = ticks.reduce(0, +)
        busy = all - ticks[3] - ticks[4]
        stolen = ticks[7]
        self.own = user + system
    }
}

/// Reads what lies below a root.
private struct ReadingFiles {
    let root: String

    func text(_ path: String) -> String? { try? String(contentsOfFile: root + path, encoding: .utf8) }

    func line(_ path: String) -> String? {
        text(path)?.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The words of the first line that begins with `name`, without it and a colon.
    static func words(_ text: String, after name: String) -> [String] {
        for line in text.split(separator: "\n") {
            let words = line.split { " :\t".contains($0) }.map(String.init)
            if words.first == name { return Array(words.dropFirst()) }
        }
        return []
    }

    /// The numbers of a list such as `0-3,8`.
    static func list(_ text: String) -> Set<Int> {
        Set(
            text.split { ",\n".contains($0) }.flatMap { part -> [Int] in
                let ends = part.split(separator: "-").compactMap { Int($0) }
                guard let first = ends.first, let last = ends.last, first <= last else { return [] }
                return Array(first...last)
            })
    }
}
