import Datasets
import Foundation
import System

/// Where somebody's own images are: what the user names in place of a recipe.
public struct StartingPath: Sendable, Equatable {
    /// What `data.directory` of a recipe names.
    public let path: String
    public let source: DatasetSource
    /// Fit for the name of a recipe and of a folder.
    public let name: String

    /// Takes a folder, a file, or several files of one folder that belong together.
    /// - Throws: `UserError(.missing)` when nothing is there, `UserError(.data)` for what is no data.
    public init(_ paths: [String]) throws(UserError) {
        let (path, source) = try Self.located(paths)
        if Files.isFolder(path), Files.exists("\(path)/run.json") {
            throw UserError(
                .data, "is a run of this tool, not a folder of images", at: path,
                advice: "go on with it by `fce train RECIPE --resume`")
        }
        (self.path, self.source, name) = (path, source, Self.name(of: path))
    }

    /// Whether a word of the command line names data rather than a recipe.
    public static func isData(_ word: String) -> Bool {
        guard !RecipeLocation(word).isBuiltIn, !word.hasSuffix(".toml") else { return false }
        if Files.isFolder(word) { return true }
        let endings = [".csv", ".npz", ".npy", ".mat", ".gz", ".bin", "-ubyte"]
        return endings.contains { word.lowercased().hasSuffix($0) }
    }

    private static func located(_ paths: [String]) throws(UserError) -> (String, DatasetSource) {
        let first = paths.first ?? "."
        let source = try DatasetSource(recognizing: first)
        guard paths.count > 1 || !Files.isFolder(first) && source.isFolder else {
            return (trimmed(first), source)
        }
        let folders = Set(paths.map { Files.isFolder($0) ? $0 : Files.split($0).folder })
        for path in paths where try DatasetSource(recognizing: path) != source || folders.count > 1 {
            throw UserError(
                .data, "does not belong to the same data as \(first)", at: path,
                advice: "name one folder, or files that lie in one")
        }
        return (trimmed(folders.first ?? first), source)
    }

    /// Without slashes at its end, which a shell's completion leaves.
    private static func trimmed(_ path: String) -> String {
        let ends = path.lastIndex { $0 != "/" }
        return ends.map { String(path[...$0]) } ?? path
    }

    /// The name of the folder, or of the file without its ending; a `labels.csv` is called as its folder.
    package static func name(of path: String) -> String {
        let url = URL(fileURLWithPath: path).standardizedFileURL
        let isPlain = url.lastPathComponent.lowercased() != "labels.csv"
        let place = isPlain ? url : url.deletingLastPathComponent()
        let word =
            Files.isFolder(path) || !isPlain
            ? place.lastPathComponent : place.deletingPathExtension().lastPathComponent
        let parts = word.split { !$0.isLetter && !$0.isNumber && !"-_.".contains($0) }
        let name = parts.joined(separator: "-").trimmingCharacters(in: CharacterSet(charactersIn: "-."))
        return name.isEmpty ? "images" : name
    }
}

extension DatasetSource {
    /// Whether its files are known by their names in a folder, which is then what a recipe names.
    fileprivate var isFolder: Bool { [.svhn, .fashionMNIST, .cifar10].contains(self) }
}
