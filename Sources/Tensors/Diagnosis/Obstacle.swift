import Foundation

/// Something that holds this machine back, and what to do about it.
package struct Obstacle: Sendable, Equatable, Encodable {
    /// A word for programs, such as `hyper-threads`.
    package let name: String
    package let what: String
    /// The command or setting that mends it.
    package let advice: String
}

extension Obstacle {
    /// What two readings say, between which this process computed.
    ///
    /// - Parameters:
    ///   - before: at the beginning.
    ///   - after: at the end.
    ///   - threads: threads that it computed on.
    ///   - onednn: the version of oneDNN; nil where it is not installed.
    package static func all(
        _ before: MachineReadings, _ after: MachineReadings, threads: Int, onednn: String?
    ) -> [Obstacle] {
        let found = [
            instructions(after), library(onednn), siblings(after, threads: threads), quota(after),
            memory(after),
            hugePages(after), governor(after), swap(after),
        ]
        return found.compactMap(\.self) + neighbours(before, after, threads: threads)
    }

    private static func instructions(_ readings: MachineReadings) -> Obstacle? {
        guard !readings.flags.isEmpty, !readings.flags.contains("avx2") else { return nil }
        return Obstacle(
            name: "instructions",
            what: "the processor has no AVX2, so that everything is several times slower",
            advice: "take a processor of 2013 or later; give a virtual machine the host's instructions "
                + "(qemu: -cpu host)")
    }

    /// The version does not matter: with the products of training oneDNN 3.2 was within a few percent of 2.6, and slower in some.
    private static func library(_ version: String?) -> Obstacle? {
        guard version == nil else { return nil }
        return Obstacle(
            name: "onednn",
            what: "oneDNN is not installed, so that convolutions are several times slower",
            advice: "apt-get install libdnnl-dev, then make build")
    }

    private static func siblings(_ readings: MachineReadings, threads: Int) -> Obstacle? {
        let cores = readings.cores.count
        guard cores > 0, threads > cores, cores < readings.allowed.count else { return nil }
        return Obstacle(
            name: "hyper-threads",
            what:
                "\(threads) threads share \(cores) \(cores == 1 ? "core" : "cores"), whose units they wait for",
            advice: "try --threads \(cores)")
    }

    private static func quota(_ readings: MachineReadings) -> Obstacle? {
        let processors = readings.allowed.count
        guard let quota = readings.quota, quota < Double(processors) else { return nil }
        let share = quota.formatted(
            .number.precision(.fractionLength(0...2)).locale(.init(identifier: "en_US")))
        return Obstacle(
            name: "processor-limit",
            what: "the container has time for \(share) of \(processors) processors",
            advice:
                "docker run --cpus=\(processors), or systemctl set-property UNIT CPUQuota=\(100 * processors)%"
        )
    }

    private static func memory(_ readings: MachineReadings) -> Obstacle? {
        guard let limit = readings.memoryLimit, let memory = readings.memory, limit < memory else {
            return nil
        }
        return Obstacle(
            name: "memory-limit",
            what: "the container is limited to \(gigabytes(limit)) of \(gigabytes(memory))",
            advice: "docker run --memory=\(memory >> 30)g, or systemctl set-property UNIT MemoryMax=infinity")
    }

    private static func hugePages(_ readings: MachineReadings) -> Obstacle? {
        guard readings.hugePages == "never" else { return nil }
        return Obstacle(
            name: "huge-pages",
            what: "transparent huge pages are off, so that memory is mapped in small pieces",
            advice: "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled")
    }

    private static func governor(_ readings: MachineReadings) -> Obstacle? {
        let drivers = ["intel_pstate", "amd-pstate-epp"]
        guard readings.governor == "powersave", !drivers.contains(readings.frequencyDriver ?? "") else {
            return nil
        }
        return Obstacle(
            name: "governor", what: "the governor powersave keeps the processors at their lowest frequency",
            advice: "sudo cpupower frequency-set -g performance")
    }

    /// A hundredth of the memory always lies there.
    private static func swap(_ readings: MachineReadings) -> Obstacle? {
        guard let swapped = readings.swapped, let memory = readings.memory, swapped > memory / 100 else {
            return nil
        }
        return Obstacle(
            name: "swap", what: "\(gigabytes(swapped)) of memory lie on a disk",
            advice: "end programs that need memory, then sudo swapoff -a && sudo swapon -a")
    }

    /// Who used the processors meanwhile: other programs, other guests of the host.
    private static func neighbours(
        _ before: MachineReadings, _ after: MachineReadings, threads: Int
    ) -> [Obstacle] {
        guard let first = before.load, let last = after.load, last.all > first.all else { return [] }
        let all = last.all - first.all
        let stolen = (last.stolen - first.stolen) / all
        let own = (last.own - first.own) / all
        let others = (last.busy - first.busy) / all - stolen - own
        var found: [Obstacle] = []
        if others > 0.1 {
            found.append(
                Obstacle(
                    name: "neighbours",
                    what: "other programs used \(percent(others)) of the processors just now",
                    advice: "see which with top; wait for them, or end them, or start them with nice -n 15"))
        }
        if stolen > 0.02 {
            found.append(
                Obstacle(
                    name: "stolen-time",
                    what: "the host gave \(percent(stolen)) of the processors to other guests",
                    advice: "take a machine with processors of its own (dedicated, not shared)"))
        }
        return found
    }

    private static func percent(_ share: Double) -> String { "\(Int((100 * share).rounded())) %" }

    private static func gigabytes(_ bytes: Int) -> String {
        let value = (Double(bytes) / 1e8).rounded() / 10
        return "\(value) GB"
    }
}
