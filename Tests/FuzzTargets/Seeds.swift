import Foundation
import Recipes
import Runs
import System
import Training

/// Small valid files for every reader, which the fuzzer begins with.
public enum Seeds {
    /// Writes the seeds of every reader to `folder/NAME`.
    /// - Parameter package: the folder of this package, whose fixtures and recipes are among them.
    public static func write(to folder: String, package: String) throws {
        for target in FuzzTarget.all {
            try Files.makeFolder("\(folder)/\(target.name)")
            for (index, bytes) in try seeds(of: target.name, package: package).enumerated() {
                try Files.write(bytes, to: "\(folder)/\(target.name)/seed-\(index)")
            }
        }
    }

    /// The seeds of one reader.
    public static func seeds(of target: String, package: String) throws -> [[UInt8]] {
        let texts = texts[target, default: []].map { Array($0.utf8) }
        let arrays = [array(shape: "(2, 4, 4, 3)", bytes: 96), array(shape: "(1, 2, 3)", bytes: 6)]
        let predictions = SafetensorsFile(tensors: [
            "probabilities": .init(floats: [0.5, 0.5, 1, 0], shape: [2, 2]),
            "labels": .init(int32s: [0, 1], shape: [2]),
        ])
        if target == "predictions" { return [try bytes(of: predictions)] }
        return try texts + (target == "npy" ? arrays : []) + fixtures(of: target, package)
            + recipes(for: target, package) + ofRun(target)
    }

    private static func bytes(of file: SafetensorsFile) throws -> [UInt8] {
        let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        defer { Files.remove(path) }
        try file.write(to: path)
        return try Files.read(path)
    }

    /// Which fixtures of the datasets' tests a reader takes, by the end of their names.
    private static let fixtureEndings: [String: [String]] = [
        "matlab": [".mat"], "idx": ["images-idx3-ubyte"], "gzip": ["images-idx3-ubyte.gz"],
        "idx-labels": ["labels-idx1-ubyte", "labels-idx1-ubyte.gz"], "cifar10": ["cifar10.bin"],
        "jpeg": [".jpg"], "png": [".png"], "bmp": [".bmp"], "webp": [".webp"], "npz": [".npz"],
    ]
    /// Fixtures that no reader takes.
    private static let refused = ["svhn_double.mat", "too-large.png", "animated.webp"]

    private static func fixtures(of target: String, _ package: String) throws -> [[UInt8]] {
        let folder = "\(package)/Tests/DatasetsTests/Fixtures"
        let endings = fixtureEndings[target, default: []]
        let names = try Files.list(folder).filter { name in
            endings.contains(where: name.hasSuffix) && !refused.contains(name)
        }
        return try names.map { try Files.read("\(folder)/\($0)") }
            + (target == "safetensors"
                ? [try Files.read("\(package)/Tests/Golden/safetensors.safetensors")] : [])
    }

    /// Recipes without what they inherit, and tables.
    private static func recipes(for target: String, _ package: String) throws -> [[UInt8]] {
        guard target == "recipe" || target == "table" else { return [] }
        var seeds: [[UInt8]] = []
        for folder in try Files.list("\(package)/Recipes") {
            for name in try Files.list("\(package)/Recipes/\(folder)") where !name.hasSuffix("base.toml") {
                let path = "\(package)/Recipes/\(folder)/\(name)"
                guard name.hasPrefix("table-") == (target == "table") else { continue }
                // Neither may lead to files beside it.
                let text =
                    target == "table"
                    ? String(decoding: try Files.read(path), as: UTF8.self)
                        .replacing(/"([^"]*)\.toml"/) { "\"builtin:\(folder)/\($0.1)\"" }
                    : try Recipe.load(path).canonical
                seeds.append(Array(text.utf8))
            }
        }
        return seeds
    }

    /// Where the files lie in a run that readers take.
    private static let runFiles: [String: [String]] = [
        "split": ["split.json"], "recipe": ["recipe.toml"],
        "state": ["checkpoints/state-1-3.safetensors", "checkpoints/state-1-0.safetensors"],
        "weights": ["checkpoints/weights-1-joint.safetensors"],
        "run-json": ["run.json"], "result": ["result.json"], "evaluation": ["evaluation.json"],
        "metrics": ["metrics.jsonl"], "densities": ["samples/densities.json", "samples/densities-1-2.json"],
    ]
    private static let run = LateRun()

    private static func ofRun(_ target: String) throws -> [[UInt8]] {
        try runFiles[target, default: []].compactMap { name in
            let path = try run.get().files.file(name)
            return Files.exists(path) ? try Files.read(path) : nil
        }
    }

    private static let texts = [
        "labels-csv": [
            "path,label\na.png,cat\nb.png,dog\n",
            "path,label,split\n\"a, b.png\",1,train\nc.png,,train\nd.png,2,val\ne.png,10,test\n",
        ],
        "recipe": [toml, "method = \"supervised\"\n[[phase]]\nkind = \"supervised\"\n"],
        "progress": [
            """
            {"process": 1, "phase": "joint", "phaseIndex": 1, "phaseCount": 2, "step": 3, "steps": 4, "rate": 2.5,
             "lastError": 0.5, "runSeconds": 10, "host": "here", "end": "phase 1: loss is nan"}
            """
        ],
        "probe": [
            """
            {"format": 1, "recipeHash": "x", "results": [{"network": "trained", "phase": 0, "classifier": "svm", "layers": ["conv1"],
             "features": 8, "labels": 10, "holdOut": 5, "cost": 1, "heldOutError": 0.5, "errors": [0.25, 0.5]}]}
            """
        ],
        "metrics": [
            #"{"phase":"joint","phaseIndex":1,"step":1,"time":0.5,"value":null,"event":"switch","to":"flow"}"#
                + "\n"
        ],
    ]

    /// Every kind of value and table.
    private static let toml = """
        # A header.
        title = "a\\u00e9\\n" # a comment
        name = 'b'
        long = \"""
          c \\
          d\"""
        numbers = [1, -2, 0x1F, 0o7, 0b1, 1_000, 1.5e-3, inf, nan]
        dates = [1979-05-27T07:32:00Z, 1979-05-27, 07:32:00.5]
        inline = { a.b = true, c = {} }
        "quoted key".x = false
        [a.b.c]
        d = 1
        [[e]]
        [[e.f]]
        g = [[], [{ h = 1 }]]

        """

    private static func array(shape: String, bytes: Int) -> [UInt8] {
        let header = "{'descr': '|u1', 'fortran_order': False, 'shape': \(shape), }\n"
        return [0x93] + Array("NUMPY\u{1}\u{0}".utf8) + [UInt8(header.utf8.count), 0] + Array(header.utf8)
            + (0..<bytes).map { UInt8(truncatingIfNeeded: $0) }
    }
}
