import ArgumentParser
import Reports
import Runs

/// The images that `fce table` and `fce compare` report on.
struct ScoredImages: ParsableArguments {
    @Flag(help: "Tell of the held-out training images, by which settings are chosen.")
    var heldOut = false

    func results(at paths: [String]) throws -> [RunResult] {
        let results = try ResultFiles.read(paths)
        return heldOut ? try results.map { try $0.onHeldOut() } : results
    }
}
