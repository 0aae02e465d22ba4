import Methods
import Runs
import Scores
import System

/// A point that one seed logged of a quantity, at a place that seeds share.
struct SeedPoint {
    /// The name of the place: a test of all seeds, or a stretch of their updates.
    let place: [Int]
    let x: Double
    let y: Double
}

extension Series {
    /// The mean over seeds, with their range as the band. A seed's values of one place are averaged first; places that
    /// some seeds lack are left out, where the mean would jump for no reason but who is in it.
    init(_ label: String, seeds: [[SeedPoint]]) {
        let known = seeds.filter { !$0.isEmpty }
        let bySeed = known.map { Dictionary(grouping: $0, by: \.place) }
        let shared = (bySeed.first?.keys.map(\.self) ?? []).filter { place in
            bySeed.allSatisfy { $0[place] != nil }
        }
        let points = shared.map { place -> Point in
            let parts = bySeed.map { $0[place] ?? [] }
            let values = parts.map { mean($0.map(\.y)) }
            return Point(
                x: mean(parts.map { mean($0.map(\.x)) }), y: mean(values), low: values.min(),
                high: values.max())
        }
        self.init(label, points.sorted { $0.x < $1.x })
    }
}

extension MetricsLog {
    /// A quantity over the updates of all phases but the flow's own, which is often trained elsewhere.
    ///
    /// - Parameter stretch: updates of one place; nil to take each step and each phase's end for itself, as tests are
    ///   made at the same steps of every seed, and at ends that differ by a few.
    func points(_ metric: Metric, stretch: Double?) -> [SeedPoint] {
        guard let key = metric.logKey else { return [] }
        let offsets = offsets
        return rows.compactMap { row in
            guard let value = row.values[key], value.isFinite, let offset = offsets[row.phaseIndex],
                row.isMeasurement
            else { return nil }
            let x = Double(offset + row.step)
            let isEnd = row.event != nil
            // A joint phase is tested at updates of the energy, which the flow's part at other steps in each seed.
            let step = row.values[Metric.energyUpdates.key].flatMap(Int.init(exactly:)) ?? row.step
            let place = stretch.map { [Int(x / $0)] } ?? [row.phaseIndex, isEnd ? .max : step]
            return SeedPoint(place: place, x: x, y: metric.unit.scale * value)
        }
    }

    /// A tested quantity over the updates of the energy alone, in all its phases.
    func energyPoints(_ metric: Metric) -> [(update: Int, value: Double)] {
        guard let key = metric.logKey else { return [] }
        var (phase, before, last) = (0, 0, 0)
        return rows.compactMap { row in
            guard row.phase != FlowLikelihood.kind else { return nil }
            if row.phaseIndex != phase { (phase, before) = (row.phaseIndex, last) }
            let isJoint = row.phase == JointPhase.kind
            let update = isJoint ? row.values[Metric.energyUpdates.key].flatMap(Int.init(exactly:)) : row.step
            guard let update else { return nil }
            last = before + update
            guard let value = row.values[key], value.isFinite, row.isMeasurement else { return nil }
            return (last, metric.unit.scale * value)
        }
    }

    /// The updates in ``points(_:stretch:)``.
    var updates: Int {
        let offsets = offsets
        return rows.compactMap { row in offsets[row.phaseIndex].map { $0 + row.step } }.max() ?? 0
    }

    /// Updates before each phase, by its index; the flow's phases are not among them.
    private var offsets: [Int: Int] {
        let phases = Dictionary(grouping: rows.filter { $0.phase != FlowLikelihood.kind }, by: \.phaseIndex)
        var total = 0
        return phases.sorted { $0.key < $1.key }.reduce(into: [:]) { offsets, phase in
            offsets[phase.key] = total
            total += phase.value.map(\.step).max() ?? 0
        }
    }
}
