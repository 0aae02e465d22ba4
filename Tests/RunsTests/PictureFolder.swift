import Datasets
import Foundation

@testable import Benchmarks
@testable import Costs
@testable import Evaluation
@testable import Methods
@testable import Recipes
@testable import Runs
@testable import Tables
@testable import Training

/// A folder of small pictures, of counts that a test chooses.
struct PictureFolder {
    /// Images of each class; with `testCounts` below `train` and `test`.
    var counts: [Int]
    var testCounts: [Int]?
    /// Images without a label.
    var unlabelled = 0

    /// Writes the pictures, no two of them alike, to `folder`.
    func write(to folder: String) throws {
        var shade = 0
        func write(_ count: Int, to path: String) throws {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            for index in 0..<count {
                shade += 1
                let pixels = (0..<8 * 8).flatMap { [UInt8($0), UInt8(shade % 256), UInt8(shade / 256 * 40)] }
                try Picture(width: 8, height: 8, channels: 3, pixels: pixels).write(
                    to: "\(path)/\(index).jpg")
            }
        }
        let root = testCounts == nil ? folder : "\(folder)/train"
        for (label, count) in counts.enumerated() { try write(count, to: "\(root)/class\(label)") }
        for (label, count) in (testCounts ?? []).enumerated() {
            try write(count, to: "\(folder)/test/class\(label)")
        }
        if unlabelled > 0 { try write(unlabelled, to: "\(folder)/unlabelled") }
    }

    /// A recipe for the pictures in `folder`.
    func recipe(_ folder: String, data: String, classes: Int? = nil, overrides: [String] = []) throws
        -> Recipe
    {
        let text = """
            method = "supervised"
            [data]
            source = "image-folder"
            directory = "\(folder)"
            size = 8
            \(data)
            [energy]
            network = "four-layer"
            classes = \(classes ?? counts.count)
            [[phase]]
            kind = "supervised"
            steps = 3
            batch = 8
            """
        return try Recipe.parse(text, overrides: overrides)
    }
}
