import ArgumentParser
import Datasets
import Foundation
import System
import Tensors

struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What this machine gives, and what holds it back.",
        discussion: """
            Example:
              fce doctor --json

            Processor, libraries, speed, memory, disk and data come first; then whatever makes
            training slower than it could be here, each with the command or setting that
            mends it: an old oneDNN, threads that share a core, a container's limits, small
            pages, a low frequency, swap, busy neighbours.

            The speeds are those of large matrix products, which training does not reach:
            `fce recipe check` measures a recipe's own, and says how long it takes.

            Run it in the folder you train in: disk space and data are those of the
            working directory.
            """)

    @OptionGroup var threadOptions: ThreadOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let machine = try MachineFacts(threads: threadOptions.threads)
        if json { return try Console.printJSON(machine) }
        Console.printPairs(machine.lines)
        print(machine.obstacles.isEmpty ? "\nNothing holds this machine back." : "\nWhat holds it back:")
        for obstacle in machine.obstacles { print("  \(obstacle.what)\n    → \(obstacle.advice)") }
    }
}

/// What `fce doctor` says.
struct MachineFacts: Encodable {
    let cpu: String
    let isa: String
    let openblas: String
    let openblasCore: String
    let onednn: String
    /// Whether libwebp is installed, without which no WebP picture is read.
    let webp: Bool
    let threads: Int
    /// What `precision = "auto"` means here.
    let precision: String
    /// 10⁹ operations a second of a large matrix product, by precision and library.
    let gflops: [String: Double]
    let memoryBytes: UInt64
    let freeMemoryBytes: UInt64?
    let freeDiskBytes: UInt64
    /// Folders of data that recipes name and that are there.
    let data: [String: Bool]
    let obstacles: [Obstacle]

    init(_ device: Device = .standard, threads count: Int?) throws {
        let backend = try device.open(threads: count)
        let summary = Dictionary(uniqueKeysWithValues: backend.summary)
        cpu = summary["processor"] ?? "unknown"
        isa = summary["instruction set"] ?? "unknown"
        openblas = summary["OpenBLAS"] ?? "unknown"
        openblasCore = try device.openBLASCore()
        onednn = summary["oneDNN"] ?? "unknown"
        webp = Picture.readsWebP
        threads = backend.threads
        precision = backend.reduced.rawValue
        let before = MachineReadings()
        let rates = try device.measurePeak(threads: count)
        obstacles = Obstacle.all(
            before, MachineReadings(), threads: backend.threads, onednn: device.oneDNNVersion)
        gflops = Dictionary(uniqueKeysWithValues: rates.map { ($0.name, $0.gigaflops) })
        memoryBytes = ProcessInfo.processInfo.physicalMemory
        freeMemoryBytes = device.availableMemory.map(UInt64.init)
        let disk = try? FileManager.default.attributesOfFileSystem(forPath: ".")
        freeDiskBytes = (disk?[.systemFreeSize] as? NSNumber)?.uint64Value ?? 0
        let files = [
            FashionMNIST.debianDirectory: "train-images-idx3-ubyte.gz",
            "Data/svhn10k": "train_32x32.mat", "Data/svhn": "train_32x32.mat",
        ]
        data = Dictionary(
            uniqueKeysWithValues: files.map { ($0, Files.exists("\($0)/\($1)")) })
    }

    var lines: [(name: String, value: String)] {
        func gigabytes(_ bytes: UInt64) -> String { fixed(Double(bytes) / 1e9, 1, "GB") }
        let rates = gflops.sorted { $0.key < $1.key }
            .map { ("speed, \($0.key)", fixed($0.value, 0, "GFLOP/s")) }
        let found = data.sorted { $0.key < $1.key }.map {
            ("data", "\($0.key): \($0.value ? "found" : "missing")")
        }
        return [
            ("processor", cpu), ("instruction set", isa), ("OpenBLAS", openblas), ("oneDNN", onednn),
            ("WebP", webp ? "read" : "not read: libwebp7 is not installed"),
            ("threads", String(threads)), ("precision auto", precision),
        ] + rates + [
            ("memory", gigabytes(memoryBytes)), ("free memory", freeMemoryBytes.map(gigabytes) ?? "unknown"),
            ("free disk, here", gigabytes(freeDiskBytes)),
        ] + found
    }
}
