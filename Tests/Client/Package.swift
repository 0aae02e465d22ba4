// swift-tools-version: 6.1
import Foundation
import PackageDescription

// A package of somebody else, who depends on FlowContrast: on the copy that this folder lies in, or by version on the
// repository that FLOWCONTRAST_REPOSITORY names, as `.ci/client` does.
let flowContrast: Package.Dependency =
    Context.environment["FLOWCONTRAST_REPOSITORY"].map { .package(url: $0, from: "1.0.0") }
    ?? .package(name: "FlowContrast", path: "../..")
let library: Target.Dependency = .product(name: "FlowContrast", package: "FlowContrast")

/// The code of the tutorial, which `.ci/client` takes out of its article.
let tutorial: [Target] =
    FileManager.default.fileExists(atPath: "\(Context.packageDirectory)/Sources/EightGaussians")
    ? [.executableTarget(name: "EightGaussians", dependencies: [library])] : []

let package = Package(
    name: "Client",
    dependencies: [flowContrast],
    targets: [
        .target(name: "Client", dependencies: [library]),
        .testTarget(name: "ClientTests", dependencies: ["Client", library]),
    ] + tutorial
)
