import BuiltInRecipes
import Foundation
import Schemas
import System

/// Where a recipe or a table of recipes lies: in a file, or, as `builtin:FOLDER/NAME`, in the program itself.
public struct RecipeLocation: Sendable, Equatable, CustomStringConvertible {
    package static let scheme = "builtin:"

    /// As the user, a table or `extends` names it.
    public let description: String

    public init(_ description: String) { self.description = description }

    /// `FOLDER/NAME.toml` of a recipe in the program; nil for a file.
    private var builtInName: String? {
        guard description.hasPrefix(Self.scheme) else { return nil }
        var parts: [Substring] = []
        for part in description.dropFirst(Self.scheme.count).split(separator: "/") where part != "." {
            if part == "..", !parts.isEmpty { parts.removeLast() } else { parts.append(part) }
        }
        let name = parts.joined(separator: "/")
        return name.hasSuffix(".toml") ? name : name + ".toml"
    }

    public var isBuiltIn: Bool { builtInName != nil }

    /// Folder and name without the ending, such as `svhn10k/500-fce`: what a recipe is called by default.
    package var title: String {
        if let builtInName { return String(builtInName.dropLast(".toml".count)) }
        let url = URL(fileURLWithPath: description).standardizedFileURL.deletingPathExtension()
        let folder = url.deletingLastPathComponent().lastPathComponent
        return folder == "/" ? url.lastPathComponent : "\(folder)/\(url.lastPathComponent)"
    }

    /// One string for every way of naming the same recipe.
    package var identity: String {
        if let builtInName { return Self.scheme + builtInName }
        return URL(fileURLWithPath: description).standardizedFileURL.resolvingSymlinksInPath().path
    }

    /// The recipe that the one here calls `other`: relative to its folder, absolute, or built in.
    package func relative(_ other: String) -> RecipeLocation {
        guard !other.hasPrefix("/"), !other.hasPrefix(Self.scheme) else { return RecipeLocation(other) }
        let start = description.lastIndex(of: "/").map { description.index(after: $0) }
        return RecipeLocation(description[..<(start ?? description.startIndex)] + other)
    }

    package var exists: Bool {
        if let builtInName { return BuiltInRecipes.files[builtInName] != nil }
        return Files.exists(description)
    }

    /// The bytes there.
    ///
    /// - Parameters:
    ///   - what: such as `the recipe`, for the error.
    ///   - place: the line that asks for it; nil for a name that the user typed.
    /// - Throws: `UserError(.missing)`.
    package func contents(_ what: String, requestedBy place: String? = nil) throws(UserError) -> [UInt8] {
        if let builtInName {
            if let text = BuiltInRecipes.files[builtInName] { return Array(text.utf8) }
            throw unknown(builtInName, requestedBy: place)
        }
        do throws(UserError) { return try bytes(isNamedByFile: place != nil) } catch {
            let advice = substitute.map {
                "\(error.advice ?? "check the path"), or take \($0), which is built in"
            }
            throw UserError(
                .missing, place == nil ? error.what : "\(what) \(description) \(error.what)",
                at: place ?? description, advice: advice ?? error.advice)
        }
    }

    /// A user may name a pipe or a terminal. What a file names is a file: nobody means a device that gives bytes for ever.
    private func bytes(isNamedByFile: Bool) throws(UserError) -> [UInt8] {
        let (path, limit) = (description, Self.longest + 1)
        let bytes =
            isNamedByFile ? try Files.read(path, limit: limit) : try Files.readStream(path, limit: limit)
        guard bytes.count <= Self.longest else {
            throw UserError(
                .missing, "is longer than \(Self.longest) bytes, as no recipe is", at: path,
                advice: "name a recipe")
        }
        return bytes
    }

    /// Fifty times the longest of ours, which is read in a tenth of a second.
    private static let longest = 1 << 18

    /// The built-in recipe of the same folder and name, for a path that leads nowhere.
    private var substitute: String? {
        BuiltInRecipes.files["\(title).toml"] == nil ? nil : Self.scheme + title
    }

    private func unknown(_ name: String, requestedBy place: String?) -> UserError {
        let nearest = NearestKey.nearest(to: name, among: BuiltInRecipes.files.keys.sorted()) ?? ""
        let meant =
            NearestKey.isLikely(nearest, for: name)
            ? "did you mean \(Self.scheme)\(nearest.dropLast(5))? " : ""
        return UserError(
            .missing, "there is no built-in recipe \(name.dropLast(5))", at: place,
            advice: meant + "`fce recipe list` names all of them")
    }
}

extension RecipeLocation {
    /// Whether the file at `path` lists recipes, as tables do and recipes do not.
    public static func isTable(_ path: String) -> Bool {
        guard let bytes = try? RecipeLocation(path).contents("the table") else { return false }
        return (try? TOMLDocument(bytes, file: path))?.root["recipes"] != nil
    }
}
