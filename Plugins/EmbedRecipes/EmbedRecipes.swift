import Foundation
import PackagePlugin

/// Writes every file of `Recipes` into the program, as a Swift source that is made anew whenever one of them changes.
@main
struct EmbedRecipes: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let folder = context.package.directoryURL.appending(path: "Recipes")
        let script = context.package.directoryURL.appending(path: "Plugins/EmbedRecipes/embed")
        let source = context.pluginWorkDirectoryURL.appending(path: "EmbeddedRecipes.swift")
        let recipes = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".toml") }.sorted()
        return [
            .buildCommand(
                displayName: "Embedding \(recipes.count) recipes", executable: URL(filePath: "/bin/sh"),
                arguments: [script.path, source.path, folder.path] + recipes,
                inputFiles: [script] + recipes.map { folder.appending(path: $0) }, outputFiles: [source])
        ]
    }
}
