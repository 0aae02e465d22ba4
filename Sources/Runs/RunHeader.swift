import Datasets
import Foundation
import Recipes
import System
import Tensors
import Training

/// `run.json`: what a run is and where it runs, written when it starts.
public struct RunHeader: Codable, Sendable, Equatable {
    public var format = 1
    /// `fce` and its version.
    public var tool: String
    public var recipeHash: String
    public var recipeName: String
    public var method: String
    public var seed: Int
    /// Of the source the tool was built from; see ``SourceCommit``.
    public var commit: String
    public var machine: MachineRecord
    public var data: DataRecord
    /// Names of the classes by their index; nil in runs of old.
    public var classNames: [String]?
    /// ISO 8601, UTC.
    public var startedAt: String

    public init(
        recipe: Recipe, tool: String, commit: String, machine: MachineRecord, data: DataRecord,
        classNames: [String]? = nil, startedAt: String
    ) {
        self.tool = tool
        recipeHash = recipe.hash
        recipeName = recipe.name
        method = recipe.method.name
        seed = recipe.seed
        self.commit = commit
        self.machine = machine
        self.data = data
        self.classNames = classNames
        self.startedAt = startedAt
    }

    /// The class's name, or its index where the run does not tell.
    public func className(_ index: Int) -> String {
        guard let classNames, classNames.indices.contains(index) else { return String(index) }
        return classNames[index]
    }
}

/// The machine a run's numbers and times come from.
public struct MachineRecord: Codable, Sendable, Equatable {
    public var cpu: String
    /// Widest instruction set in use, such as `AVX512_BF16`.
    public var isa: String
    /// OpenBLAS's version and core name.
    public var blas: String
    /// oneDNN's version, or why there is none.
    public var onednn: String
    public var threads: Int
    /// Of convolutions, as resolved: `float32` or `bfloat16`.
    public var precision: String
    /// Processes that trained together, and the shards of a batch where these are more; nil for one process.
    public var ranks: Int?
    public var shards: Int?

    public init(cpu: String, isa: String, blas: String, onednn: String, threads: Int, precision: String) {
        self.cpu = cpu
        self.isa = isa
        self.blas = blas
        self.onednn = onednn
        self.threads = threads
        self.precision = precision
    }

    /// One line for tables.
    public var summary: String {
        let threads = "\(threads) thread\(threads == 1 ? "" : "s")"
        return "\(cpu), \(isa), " + (ranks.map { "\($0) ranks of " } ?? "") + threads
    }
}

/// The data a run saw.
public struct DataRecord: Codable, Sendable, Equatable {
    public var name: String
    /// Of the training set.
    public var sha256: String
    /// Of the test set; nil in runs of old.
    public var testSHA256: String?
    /// Number of training images.
    public var train: Int
    /// Number of test images.
    public var test: Int
    public var classes: Int
    public var height: Int
    public var width: Int
    public var channels: Int

    /// Whether images can have these sizes.
    package var isPossible: Bool {
        [height, width, channels].allSatisfy((1...65536).contains) && [train, test].allSatisfy { $0 >= 0 }
    }

    /// How the images of a run, these, differ from those at hand; nil where nothing says that they do.
    package func difference(from now: DataRecord) -> String? {
        func hashes(_ what: String, _ old: String, _ new: String) -> String {
            "the \(what) differ (SHA-256 \(old.prefix(12))… then, \(new.prefix(12))… now)"
        }
        if sha256 != now.sha256 { return hashes("data", sha256, now.sha256) }
        if test != now.test { return "the test images differ (\(test) then, \(now.test) now)" }
        guard let old = testSHA256, let new = now.testSHA256, old != new else { return nil }
        return hashes("test images", old, new)
    }

    public init(
        name: String, sha256: String, testSHA256: String? = nil, train: Int, test: Int, classes: Int,
        height: Int, width: Int, channels: Int
    ) {
        self.name = name
        self.sha256 = sha256
        self.testSHA256 = testSHA256
        self.train = train
        self.test = test
        self.classes = classes
        self.height = height
        self.width = width
        self.channels = channels
    }
}

// MARK: - At the start of a run

extension MachineRecord {
    package init(_ backend: any Backend) {
        let summary = Dictionary(uniqueKeysWithValues: backend.summary)
        self.init(
            cpu: summary["processor"] ?? "", isa: summary["instruction set"] ?? "",
            blas: summary["OpenBLAS"] ?? "", onednn: summary["oneDNN"] ?? "", threads: backend.threads,
            precision: backend.reduced.rawValue)
        let world = backend.world
        if world.size > 1 { ranks = world.size }
        if world.shards > world.size { shards = world.shards }
    }
}

extension DataRecord {
    package init(_ data: ExperimentData) {
        self.init(
            name: data.name, sha256: data.train.sha256, testSHA256: data.test.sha256, train: data.train.count,
            test: data.test.count, classes: data.train.classes, height: data.extents[0],
            width: data.extents[1], channels: data.extents[2])
    }
}

extension RunHeader {
    package init(
        _ recipe: Recipe, _ data: ExperimentData, _ backend: any Backend,
        commit: String
    ) {
        self.init(
            recipe: recipe, tool: Experiment.tool, commit: commit,
            machine: MachineRecord(backend),
            data: DataRecord(data), classNames: data.train.classNames, startedAt: Date.now.ISO8601Format())
    }
}
