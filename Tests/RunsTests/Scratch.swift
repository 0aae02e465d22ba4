import Datasets
import Foundation
import Testing

@testable import Benchmarks
@testable import Costs
@testable import Evaluation
@testable import Methods
@testable import Recipes
@testable import Runs
@testable import Tables
@testable import Training

func write(_ text: String, to path: String) throws {
    try text.write(toFile: path, atomically: false, encoding: .utf8)
}

/// A whole recipe of few lines, to which tests add.
let smallRecipe = """
    # A small recipe.
    #
    #   fce train small.toml
    method = "fce"

    [data]
    source = "svhn"
    labels = 500

    [energy]
    base = "moving"

    [[phase]]
    kind = "flow-mle"
    steps = 40

    [[phase]]
    kind = "energy"
    steps = 50
    pool = 640
    optimizer = { kind = "adam", rate = 1e-3 }

    [[phase]]
    kind = "joint"
    steps = 20

    """

extension MachineRecord {
    static let test = MachineRecord(
        cpu: "Test", isa: "AVX2", blas: "OpenBLAS Haswell", onednn: "none", threads: 2, precision: "float32")
}

extension RunHeader {
    static func test(_ recipe: Recipe, data: String = "abc") -> RunHeader {
        let record = DataRecord(
            name: recipe.data.name, sha256: data, testSHA256: "v", train: 7000, test: 2000, classes: 10,
            height: 32, width: 32, channels: 3)
        return RunHeader(
            recipe: recipe, tool: "fce 0.1.0", commit: "unknown", machine: .test, data: record,
            startedAt: "2025-01-01T00:00:00Z")
    }
}

extension Split {
    /// A split of data of hash `abc`.
    static func test(labelled: [Int] = [1, 2]) throws -> Split {
        let json = """
            {"format":1,"rule":"class-balanced","seed":1,"data":"abc","labelled":\(labelled),
            "unlabelled":[1,2,3],"validation":[0]}
            """
        return try JSONDecoder().decode(Split.self, from: Data(json.utf8))
    }
}
