import ArgumentParser
import Experiments
import Reports

/// Which images `fce table` and `fce compare` tell of.
struct ScoredImages: ParsableArguments {
    @Flag(help: "Tell of the held-out training images, by which settings are chosen.")
    var heldOut = false

    func results(at paths: [String]) throws -> [RunResult] {
        let results = try ResultFiles.read(paths)
        return heldOut ? try results.map { try $0.onHeldOut() } : results
    }
}
