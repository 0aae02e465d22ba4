import Foundation

/// What other programs take of the machine's processors, from a moment on.
package struct MachineLoad {
    private let start = Times()

    private struct Times {
        let own = ComputeTime.now
        /// Seconds of all processors for all programs; nil where the system does not say.
        let busy = Self.busySeconds()

        private static func busySeconds() -> Double? {
            guard let text = try? String(contentsOfFile: "/proc/stat", encoding: .utf8) else { return nil }
            let first = text.split(separator: "\n").first ?? ""
            let ticks = first.split(separator: " ").dropFirst().compactMap { Double($0) }
            // user, nice, system, idle, iowait, irq, softirq, steal
            guard first.hasPrefix("cpu "), ticks.count >= 8 else { return nil }
            return (ticks[0...2].reduce(0, +) + ticks[5...7].reduce(0, +))
                / Double(sysconf(Int32(_SC_CLK_TCK)))
        }
    }

    /// Processors that others used on average, where that left too few for `threads`; nil where it left enough.
    package func disturbance(threads: Int) -> Double? {
        let end = Times()
        let elapsed = end.own.seconds - start.own.seconds
        guard let before = start.busy, let after = end.busy, elapsed > 0 else { return nil }
        let own = end.own.processorSeconds - start.own.processorSeconds
        let others = (after - before - own) / elapsed
        let processors = Double(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        return Self.isDisturbed(others: others, processors: processors, threads: threads) ? others : nil
    }

    /// A fifth of a processor is noise.
    package static func isDisturbed(others: Double, processors: Double, threads: Int) -> Bool {
        others > 0.2 && others > processors - Double(threads) + 0.2
    }
}
