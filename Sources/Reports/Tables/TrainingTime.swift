import Runs
import Scores
import System

/// Seconds of training in all. What runs share, such as the flow of a data set, counts once: a phase that was taken
/// over has the time of the one that was trained, to the last digit.
func trainingSeconds(_ results: [RunResult]) -> Double {
    struct Trained: Hashable {
        let phase: String
        let seconds: Double
    }
    let trained = Set(results.flatMap(\.phases).map { Trained(phase: $0.name, seconds: $0.seconds) })
    return trained.map(\.seconds).reduce(0, +)
}

/// The sentence says what the results were made on, and how long that took.
func machineSentence(_ results: [RunResult]) -> String {
    let machines = unique(results.map(\.machine)).joined(separator: "; ")
    let seconds = trainingSeconds(results)
    let time = seconds > 0 ? " Training took \(duration(seconds)), what runs share counted once." : ""
    return "Machine: \(machines).\(time)"
}
