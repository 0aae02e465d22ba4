import ArgumentParser
import Benchmarks
import EnergyModels
import Flows
import Foundation
import Reports
import System
import Tensors

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Time the steps that a run is made of.",
        discussion: """
            Times the training that runs use, on generated 32x32 images: Glow of
            3 levels x 8 blocks x width 512, the energy with base "none", 10 classes.

              mle       maximum likelihood of the flow: log q both ways, Adamax
              ebm       update of the energy; samples and log q computed afresh
              ebm_pool  the same from a pool and cached log q: no flow work
              flow      update of the flow on V: through samples, energy, log q
              vat       ebm with virtual adversarial training
              infer     classification of 500 images
              probe     linear SVM of 10 classes, 4,000 examples of 14,336 features

            ms is the median of --runs executions after two that do not count. Peak
            memory is that of the process while the step runs; `tensors` is the part
            that tensors hold, the rest is program, libraries and their scratch.
            GFLOP counts the products of layers, from their shapes, of probe those of
            its Gram matrix; `of peak` compares GFLOP/s with a large matrix product of
            the same precision on the same threads, right after the step. It may exceed
            100 %, because 3×3 convolutions in float32 need fewer multiplications than their
            definition (Winograd).

            --growth measures instead how time and memory grow with the batch, the
            flow's blocks and width, classes, images to classify, labelled images and
            threads: minutes. Exponent e of the last two sizes, as size to the power e,
            stands beside that of the arithmetic.

            --ranks measures steps that several processes take together:
              mpirun -n 2 fce bench --ranks 2 --threads 1 --steps mle,vat
            and adds the megabytes that left rank 0 in a step, and the share of the time
            that it spent in exchanges, with all waiting.
            """)

    /// The networks of 32×32 images.
    enum Network: String, ExpressibleByArgument, CaseIterable {
        case convSmall = "conv-small"
        case convLarge = "conv-large"

        var configured: EnergyConfiguration.Network { self == .convSmall ? .convSmall : .convLarge }
    }

    /// `--steps`, `--axes`: names, separated by commas.
    struct NameList<Name: RawRepresentable & Sendable>: ExpressibleByArgument where Name.RawValue == String {
        let names: [Name]

        init?(argument: String) {
            let words = argument.split(separator: ",", omittingEmptySubsequences: false)
            names = words.compactMap { Name(rawValue: String($0)) }
            if names.count != words.count { return nil }
        }
    }

    @Flag(help: "Print one JSON object.")
    var json = false

    @Option(help: "The energy's network.")
    var network = Network.convSmall

    @Option(help: "Images of each kind an update.")
    var batch = 64

    @Option(help: ArgumentHelp("auto, float32 or bfloat16.", valueName: "precision"))
    var precision: PrecisionName?

    @Option(help: ArgumentHelp("The steps to time; by default all.", valueName: "a,b,c"))
    var steps: NameList<BenchmarkStep>?

    @Option(name: [.customShort("n"), .customLong("runs")], help: "Timed executions of each step.")
    var runs = 5

    @OptionGroup var threadOptions: ThreadOptions

    @OptionGroup var rankOptions: RankOptions

    @Flag(
        help: ArgumentHelp(
            "Time one step at the request of another program: see Benchmarks/README.md.",
            visibility: .hidden))
    var onDemand = false

    @Flag(help: "Measure growth with sizes and threads instead.")
    var growth = false

    @Option(help: ArgumentHelp("With --growth: the axes, by default all.", valueName: "a,b,c"))
    var axes: NameList<Growth.Axis>?

    @Option(
        help: ArgumentHelp(
            "With --growth: the folder to write growth.md and growth.svg to.", valueName: "dir"),
        completion: .directory)
    var out: String?

    func validate() throws {
        if growth && steps != nil {
            throw ValidationError("--growth has steps of its own: leave --steps out.")
        }
        if !growth && (axes != nil || out != nil) {
            throw ValidationError("--axes and --out belong to --growth.")
        }
        if onDemand && (growth || steps?.names.count != 1) {
            throw ValidationError("--on-demand takes --steps with one step.")
        }
        if rankOptions.ranks != nil && (growth || onDemand) {
            throw ValidationError("--ranks goes with steps alone.")
        }
        if rankOptions.ranks != nil && threadOptions.threads == nil {
            throw ValidationError("With --ranks give --threads: those of each rank.")
        }
        if !(1...8192).contains(batch) { throw ValidationError("--batch takes 1 to 8192.") }
        if !(1...10_000).contains(runs) { throw ValidationError("--runs takes 1 to 10000.") }
    }

    func run() throws { try rankOptions.run { try run(on: $0) } }

    private func run(on world: World) throws {
        guard batch % world.shards == 0 else {
            throw UserError(
                .recipe,
                "a batch of \(batch) does not divide among \(world.shards) "
                    + (world.shards == world.size ? "ranks" : "shards"),
                advice: "give --batch a multiple of \(world.shards)")
        }
        var settings = BenchmarkSettings()
        settings.world = world
        settings.network = network.configured
        settings.batch = batch
        settings.runs = runs
        settings.threads = threadOptions.threads
        if let steps { settings.steps = steps.names }
        if let precision { settings.precision = precision.precision }
        if growth {
            try printGrowth(settings)
        } else if onDemand, let step = settings.steps.first {
            try answerDemands(step, settings)
        } else if json {
            let report = try Benchmark.run(settings, warn: { Console.warn([$0]) })
            if world.isFirst { print(try report.json()) }
        } else {
            try printTable(settings)
        }
    }

    private func printGrowth(_ settings: BenchmarkSettings) throws {
        let report = try GrowthReport(
            measuring: settings, along: axes?.names ?? Growth.Axis.allCases,
            measured: { Console.error("measured: \($0.step.rawValue) over \($0.axis.rawValue)") },
            warn: { Console.warn([$0]) })
        let table = GrowthTable(report).markdown
        print(json ? try report.json() : table, terminator: json ? "\n" : "")
        guard let out else { return }
        try AtomicFile.write(table, to: "\(out)/growth.md")
        try GrowthChart(report).chart.write(to: "\(out)/growth.svg")
    }

    private func printTable(_ settings: BenchmarkSettings) throws {
        let (isFirst, hasRanks) = (settings.world.isFirst, settings.world.size > 1)
        func write(_ line: String) { if isFirst { print(line) } }
        write(
            "step             ms    peak MB    tensors MB     GFLOP   GFLOP/s   of peak"
                + (hasRanks ? "   sent MB  exchange" : ""))
        let report = try Benchmark.run(
            settings, measured: { write(Self.row($0) + (hasRanks ? Self.exchange($0) : "")) },
            warn: { Console.warn([$0]) })
        guard isFirst else { return }
        let ranks = hasRanks ? "\(report.ranks) ranks of " : ""
        print(
            "\(report.cpu) (\(report.isa)), \(ranks)\(report.threads) threads, \(report.precision) networks")
        print("\(network.rawValue), batch \(batch), median of \(runs)\(Self.peaks(report.measurements))")
    }

    /// The best of the peaks that steps were compared with, by precision.
    private static func peaks(_ measurements: [Benchmark.Measurement]) -> String {
        Dictionary(grouping: measurements, by: \.precision.rawValue).sorted { $0.key < $1.key }
            .map { "; peak \($0.key) \(fixed($0.value.map(\.peakRate).max(), 0, "GFLOP/s"))" }
            .joined()
    }

    private static func exchange(_ m: Benchmark.Measurement) -> String {
        String(format: "%10.1f%8.0f %%", m.sentMegabytes, 100 * m.shareOfExchange)
    }

    private static func row(_ m: Benchmark.Measurement) -> String {
        m.step.rawValue.padding(toLength: 9, withPad: " ", startingAt: 0)
            + String(
                format: "%10.1f%11.0f%14.0f%10.1f%10.0f%8.0f %%", m.milliseconds, m.peakResident,
                m.peakTensors,
                m.gigaflop, m.rate, 100 * m.shareOfPeak)
    }
}
