import Datasets
import Evaluation
import Foundation
import Recipes
import System
import Training

/// The names in a run directory, and typed reading of them without a lock: for reports and tables.
public struct RunFiles: Sendable {
    /// The run directory.
    public let path: String

    public init(path: String) {
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    /// The path of a file in the directory.
    public func file(_ name: String) -> String { "\(path)/\(name)" }

    public var checkpoints: String { file("checkpoints") }
    /// What the phase in training has drawn so far.
    package var draws: String { file("draws") }
    public var samples: String { file("samples") }
    public var predictions: String { file("predictions.safetensors") }

    public func recipe() throws -> Recipe { try Recipe.load(file("recipe.toml")) }
    public func header() throws -> RunHeader {
        let header = try read(RunHeader.self, from: "run.json")
        guard header.data.isPossible else {
            throw UserError(
                .data, "not the run.json of a run: its data have impossible sizes", at: file("run.json"),
                advice: "restore or repeat the run")
        }
        return header
    }
    public func split() throws -> Split { try Split(contentsOf: file("split.json")) }
    public func result() throws -> RunResult { try read(RunResult.self, from: "result.json") }
    public func evaluation() throws -> RunEvaluation { try read(RunEvaluation.self, from: "evaluation.json") }
    public func metrics() throws -> MetricsLog { try MetricsLog(path: file("metrics.jsonl")) }

    package func exists(_ name: String) -> Bool { Files.exists(file(name)) }

    /// Reads a JSON file of the directory.
    ///
    /// Throws `UserError(.missing)` when it is not there, `UserError(.data)` when it is not what it should be.
    public func read<Value: Decodable>(_: Value.Type, from name: String) throws -> Value {
        let path = file(name)
        guard let bytes = Files.contents(path) else {
            throw UserError(
                .missing, "cannot read: \(SystemCall.reason)", at: path, advice: "is this a run directory?")
        }
        do {
            return try decodedJSON(Value.self, printableJSON(bytes))
        } catch {
            throw UserError(
                .data, "not the \(name) of a run: \(Self.reason(error))", at: path,
                advice: name == "result.json"
                    ? "delete it: the run's command with --resume makes it again"
                    : "restore or repeat the run")
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error as? DecodingError {
        case .keyNotFound(let key, _): "`\(key.stringValue)` is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "`\(context.codingPath.map(\.stringValue).joined(separator: "."))` has the wrong type"
        default: "the JSON is broken"
        }
    }

    /// Removes what a phase has drawn.
    package func removeDraws() {
        for name in (try? Files.list(draws)) ?? [] { Files.remove("\(draws)/\(name)") }
        _ = withSystemPath(draws) { rmdir($0) }
    }

    /// Replaces a JSON file of the directory; see ``AtomicFile`` and ``jsonText(_:isPretty:)``.
    package func write(_ value: some Encodable, to name: String, isPretty: Bool = true) throws {
        try AtomicFile.write(try jsonText(value, isPretty: isPretty) + "\n", to: file(name))
    }
}
