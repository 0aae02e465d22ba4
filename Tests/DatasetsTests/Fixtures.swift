import Foundation
import System

@testable import Datasets

/// Golden files (see `Fixtures/make_fixtures.py`), real data where it is installed, and temporary folders.
enum Fixtures {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures").path
    private static let package = URL(filePath: #filePath).appending(path: "../../..").standardized.path

    static func path(_ name: String) -> String { "\(folder)/\(name)" }
    static func bytes(_ name: String) throws -> [UInt8] { try Files.read(path(name)) }

    /// A folder of real data: in `Data`, or in `../shared/data` beside the package.
    static func real(_ name: String) -> String? {
        ["\(package)/Data/\(name)", "\(package)/../shared/data/\(name)"].first(where: Files.isFolder)
    }
    static let svhn10k = real("svhn10k")
    static let cifarJPEG = real("cifar10-jpeg")
    static let hasFashionMNIST = Files.isFolder(FashionMNIST.debianDirectory)

    /// The pixel that `make_fixtures.py` puts at (n, row, column, channel).
    static func pixel(_ n: Int, _ row: Int, _ column: Int, _ channel: Int) -> UInt8 {
        UInt8((37 * n + 5 * row + 3 * column + 80 * channel) % 256)
    }

    /// `[3, 32, 32, 3]`.
    static let pixels: [UInt8] = (0..<3).flatMap { n in
        (0..<32).flatMap { row in (0..<32).flatMap { column in (0..<3).map { pixel(n, row, column, $0) } } }
    }

    /// A small labelled set with pixels of its own: image i consists of the bytes i mod 256.
    static func dataset(labels: [Int], classes: Int, side: Int = 2) -> ImageDataset {
        let size = side * side
        return ImageDataset(
            name: "toy", height: side, width: side, channels: 1, classNames: (0..<classes).map { "c\($0)" },
            pixels: labels.indices.flatMap { [UInt8](repeating: UInt8($0 % 256), count: size) },
            labels: labels)
    }
}
