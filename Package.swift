// swift-tools-version: 6.1
import Foundation
import PackageDescription

// oneDNN is used when its header is installed. SwiftPM caches evaluated manifests: after installing or
// removing the library, `make` (or deleting ~/.cache/org.swift.swiftpm/manifests) has this file evaluated anew.
let hasOneDNN = ["/usr/include/dnnl.hpp", "/usr/local/include/dnnl.hpp", "/usr/include/oneapi/dnnl/dnnl.hpp"]
    .contains { FileManager.default.fileExists(atPath: $0) }

/// Whether another package depends on this one by version or commit. SwiftPM, which refuses unsafe flags in dependencies by
/// version, puts them into `checkouts`, or into `registry/downloads`: such a build has no flags of ours, and its warnings and
/// debug code are SwiftPM's. A copy that a package depends on by its path is built as this repository is.
let isDependency =
    Context.packageDirectory.split(separator: "/").dropLast().last == "checkouts"
    || Context.packageDirectory.contains("/registry/downloads/")
func ours<Setting>(_ settings: Setting...) -> [Setting] { isDependency ? [] : settings }

let strict: [SwiftSetting] =
    [.enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility")]
    + ours(.unsafeFlags(["-warnings-as-errors"]))
/// Numeric targets are optimised in every configuration: a debug build of them is a hundred times slower.
let numeric = strict + ours(.unsafeFlags(["-O"], .when(configuration: .debug)))
/// The kernels are written for SwiftPM's -O2 of releases: -O3 makes none of them faster.
let kernels: [CSetting] = ours(
    .unsafeFlags(["-Wall", "-Werror"]), .unsafeFlags(["-O2"], .when(configuration: .debug)))
let wrapper: [CXXSetting] = ours(
    .unsafeFlags(["-Wall", "-Werror"]), .unsafeFlags(["-O2"], .when(configuration: .debug)))
/// The commit that `make dist` builds a release from.
let commit: [CSetting] =
    Context.environment["FC_COMMIT"].map { [.define("FC_COMMIT", to: "\"\($0)\"")] } ?? []

/// The library from the floor up. A module imports those that its line names, and they lie above it in this list.
let modules: [(name: String, dependencies: [Target.Dependency])] = [
    ("System", ["CZlib", "CSHA256"]),
    ("Schemas", ["System"]),
    ("Scores", ["System"]),
    ("Tensors", ["System", "CKernels", "COpenBLAS", "COneDNN", "CMPI"]),
    ("Gradients", ["Tensors"]),
    ("Networks", ["Gradients", "Tensors", "Schemas"]),
    ("Flows", ["Networks", "Gradients", "Tensors", "Schemas"]),
    ("EnergyModels", ["Flows", "Networks", "Gradients", "Tensors", "Schemas", "Scores", "System"]),
    ("Datasets", ["System", "Tensors", "CJPEG", "CPNG", "CWebP", "CZlib"]),
    ("Probes", ["EnergyModels", "Networks", "Gradients", "Tensors", "Datasets", "System"]),
    ("FeatureDistances", ["Tensors", "System"]),
    (
        "Training",
        [
            "Probes", "Datasets", "EnergyModels", "Flows", "Networks", "Gradients", "Tensors", "Schemas",
            "Scores", "System",
        ]
    ),
    (
        "Methods",
        [
            "Training", "Datasets", "EnergyModels", "Flows", "Networks", "Gradients", "Tensors", "Schemas",
            "Scores", "System",
        ]
    ),
    (
        "FlowContrast",
        [
            "Methods", "Training", "Datasets", "EnergyModels", "Flows", "Networks", "Gradients", "Tensors",
            "Schemas", "Scores", "System",
        ]
    ),
    (
        "Recipes",
        [
            "Methods", "Training", "Probes", "Datasets", "EnergyModels", "Flows", "Networks", "Tensors",
            "Schemas", "System", "BuiltInRecipes",
        ]
    ),
    (
        "Evaluation",
        [
            "FeatureDistances", "Recipes", "Methods", "Training", "Probes", "Scores", "Datasets",
            "EnergyModels",
            "Flows",
            "Networks", "Gradients", "Tensors", "System",
        ]
    ),
    (
        "Costs",
        [
            "Evaluation", "Recipes", "Methods", "Training", "Probes", "Datasets", "EnergyModels", "Flows",
            "Networks", "Tensors", "System",
        ]
    ),
    (
        "Runs",
        [
            "Costs", "Evaluation", "Recipes", "Methods", "Training", "Scores", "Probes", "FeatureDistances",
            "Datasets", "EnergyModels", "Flows", "Networks", "Tensors", "System", "CKernels",
            .product(name: "Logging", package: "swift-log"),
        ]
    ),
    (
        "Tables",
        [
            "Runs", "Costs", "Evaluation", "Recipes", "Methods", "Training", "Scores", "Datasets", "Tensors",
            "Schemas", "System", .product(name: "Logging", package: "swift-log"),
        ]
    ),
    (
        "Benchmarks",
        [
            "Runs", "Evaluation", "Recipes", "Methods", "Training", "Probes", "Datasets", "EnergyModels",
            "Flows", "Networks", "Tensors", "System",
        ]
    ),
    (
        "Reports",
        [
            "Tables", "Runs", "Evaluation", "Recipes", "Methods", "Training", "Scores", "Benchmarks",
            "EnergyModels", "Datasets", "Tensors", "System", "CZlib",
        ]
    ),
    (
        "Exports",
        [
            "Runs", "Recipes", "Methods", "Training", "EnergyModels", "Networks", "Datasets", "Tensors",
            "System",
        ]
    ),
]

var packageTargets: [Target] = [
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    // Loaded at run time: see COpenBLAS.h.
    .target(name: "COpenBLAS", cSettings: kernels),
    // Loaded at run time by those who ask for ranks: see CMPI.h.
    .target(name: "CMPI", cSettings: kernels),
    .target(name: "CSHA256", cSettings: kernels),
    .systemLibrary(name: "CPNG", providers: [.apt(["libpng-dev"])]),
    // Loaded at run time too: see CWebP.h.
    .target(name: "CWebP", cSettings: kernels),
    .target(name: "CJPEG", cSettings: kernels, linkerSettings: [.linkedLibrary("jpeg")]),
    .target(name: "CKernels", cSettings: kernels + commit, linkerSettings: [.linkedLibrary("m")]),
    .target(
        name: "COneDNN",
        cxxSettings: wrapper + (hasOneDNN ? [.define("FC_HAS_ONEDNN")] : []),
        // Loaded at run time: see library.hpp. What that leaves to the linker makes the program need the library.
        linkerSettings: hasOneDNN
            ? ours(.unsafeFlags(["--as-needed", "-ldnnl", "--no-as-needed"].flatMap { ["-Xlinker", $0] }))
            : []),
    .plugin(name: "EmbedRecipes", capability: .buildTool(), exclude: ["embed"]),
    .target(name: "BuiltInRecipes", swiftSettings: strict, plugins: ["EmbedRecipes"]),
    .executableTarget(
        name: "fce",
        dependencies: modules.map { .target(name: $0.name) } + [
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
            .product(name: "Logging", package: "swift-log"),
        ], swiftSettings: strict),
    .target(
        name: "TestSupport",
        dependencies: [
            "Runs", "Datasets", "EnergyModels", "Flows", "Networks", "Gradients", "Tensors", "System",
            .product(name: "Numerics", package: "swift-numerics"),
        ], path: "Tests/TestSupport", swiftSettings: numeric),
]

packageTargets += modules.map {
    .target(name: $0.name, dependencies: $0.dependencies, swiftSettings: numeric)
}

/// Modules with tests of their own. Those of `Runs` cover the modules from `Training` to `Benchmarks`.
let tested = [
    "System", "Schemas", "Tensors", "Gradients", "Networks", "Flows", "EnergyModels", "Datasets", "Probes",
    "FeatureDistances",
    "Methods", "Runs", "Reports", "Exports",
]
/// Golden files and their generator scripts: read by path, no resources.
func hasFixtures(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(Context.packageDirectory)/Tests/\(name)Tests/Fixtures")
}
packageTargets += tested.map { name in
    .testTarget(
        name: "\(name)Tests",
        dependencies: modules.map { .target(name: $0.name) } + [
            "TestSupport", "BuiltInRecipes", "CSHA256", .product(name: "Numerics", package: "swift-numerics"),
        ],
        exclude: hasFixtures(name) ? ["Fixtures"] : [],
        swiftSettings: strict)
}
packageTargets.append(
    .testTarget(
        name: "CommandLineTests",
        dependencies: modules.map { .target(name: $0.name) } + [
            "fce", "TestSupport", .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ], swiftSettings: strict))

/// Readers of files as the fuzzer calls them, and the tests that repeat its findings.
packageTargets += [
    .target(
        name: "FuzzTargets", dependencies: modules.map { .target(name: $0.name) }, path: "Tests/FuzzTargets",
        swiftSettings: strict),
    .testTarget(
        name: "FuzzTests", dependencies: ["FuzzTargets", "System", "TestSupport"], exclude: ["Findings"],
        swiftSettings: strict),
]
/// `make fuzz` asks for the fuzzer, which takes a sanitizer's flags; nothing else needs it.
if Context.environment["FC_FUZZ"] != nil {
    packageTargets += [
        .target(name: "CFuzzing", path: "Tests/CFuzzing", cSettings: kernels),
        .executableTarget(
            name: "Fuzzer", dependencies: ["FuzzTargets", "CFuzzing"], path: "Tests/Fuzzer",
            swiftSettings: strict),
    ]
}

/// `make docs` asks for the plugin; nothing else needs it.
let documentation: [Package.Dependency] =
    Context.environment["FC_DOCS"] == nil
    ? [] : [.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.0")]

let package = Package(
    name: "FlowContrast",
    products: modules.map { .library(name: $0.name, targets: [$0.name]) }
        + [.executable(name: "fce", targets: ["fce"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-numerics", from: "1.0.0"),
    ] + documentation,
    targets: packageTargets,
    cxxLanguageStandard: .cxx17
)
