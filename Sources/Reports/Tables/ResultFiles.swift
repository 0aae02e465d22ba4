import Foundation
import Runs
import System

/// Finds results where users keep them: run directories, `result.json` files under any name, folders of either.
public enum ResultFiles {
    /// The results below `paths`, in their order; inside a folder sorted by path, each file once.
    ///
    /// A folder with `run.json` is a run, of which only `result.json` counts; in other folders every `.json` file
    /// that has the hashes of a protocol and a recipe is a result.
    /// - Throws: `UserError(.missing)` for a path that does not exist or holds no result, `UserError(.data)` for a
    ///   damaged result.
    public static func read(_ paths: [String]) throws -> [RunResult] {
        var seen: Set<String> = []
        return try paths.flatMap { path -> [RunResult] in
            let files = try find(path)
            guard !files.isEmpty else { throw missing(path) }
            return try files.filter { seen.insert(resolved($0)).inserted }.map(result)
        }
    }

    /// The run directories at or below `path`, finished or not, sorted by path.
    public static func runs(_ path: String) -> [RunFiles] {
        if exists("\(path)/run.json") { return [RunFiles(path: path)] }
        let names = ((try? Files.list(path)) ?? []).sorted()
        return names.filter { !$0.hasPrefix(".") && Files.isFolder("\(path)/\($0)") }
            .flatMap { runs(RunFiles(path: path).file($0)) }
    }

    /// Whether ``read(_:)`` finds a result at or below `path`.
    static func hasResults(_ path: String) throws -> Bool { try !find(path).isEmpty }

    private static func missing(_ path: String) -> UserError {
        let isRun = exists("\(path)/run.json")
        return UserError(
            .missing, isRun ? "the run has no result yet" : "no results here", at: path,
            advice: isRun ? "finish it with `fce train … --resume`" : "name run folders or result.json files")
    }

    private static func find(_ path: String) throws -> [String] {
        guard try Files.find(path) else {
            throw UserError(.missing, "does not exist", at: path, advice: "check the path")
        }
        guard Files.isFolder(path) else { return [path] }
        if exists("\(path)/run.json") { return ["\(path)/result.json"].filter(exists) }
        let names = ((try? Files.list(path)) ?? []).sorted()
        return try names.filter { !$0.hasPrefix(".") }.flatMap { name -> [String] in
            let inner = "\(path)/\(name)"
            if name.hasSuffix(".json") { return try isResult(inner) ? [inner] : [] }
            return Files.isFolder(inner) ? try find(inner) : []
        }
    }

    private static func exists(_ path: String) -> Bool { Files.exists(path) }

    private static func resolved(_ path: String) -> String {
        URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    }

    /// A table in JSON has protocols too, but no recipe's hash.
    private static func isResult(_ path: String) throws -> Bool {
        let text = String(decoding: try Files.read(path), as: UTF8.self)
        return text.contains("\"protocolHash\"") && text.contains("\"recipeHash\"")
    }

    private static func result(_ path: String) throws -> RunResult {
        let url = URL(fileURLWithPath: path)
        return try RunFiles(path: url.deletingLastPathComponent().relativePath)
            .read(RunResult.self, from: url.lastPathComponent)
    }
}
