import System
import TestSupport
import Testing

@testable import Datasets

@Suite struct IDXTests {
    private func load(_ suffix: String, channels: Int = 1) throws -> ImageDataset {
        try FashionMNIST.decode(
            images: Fixtures.bytes("images-idx3-ubyte" + suffix), imageFile: "images",
            labels: Fixtures.bytes("labels-idx1-ubyte" + suffix), labelFile: "labels", name: "fashion",
            channels: channels)
    }

    @Test(arguments: ["", ".gz"])
    func padsToThirtyTwo(suffix: String) throws {
        let dataset = try load(suffix)
        #expect(dataset.labels == [9, 0, 4])
        #expect((dataset.height, dataset.width, dataset.channels) == (32, 32, 1))
        var expected = [UInt8](repeating: 0, count: 3 * 1024)
        for n in 0..<3 {
            for row in 0..<28 {
                for column in 0..<28 {
                    expected[n * 1024 + (row + 2) * 32 + column + 2] = Fixtures.pixel(n, row, column, 0)
                }
            }
        }
        #expect(dataset.pixels == expected)
    }

    @Test func greyRepeatsInThreeChannels() throws {
        #expect(try load(".gz", channels: 3).pixels == load("").pixels.flatMap { [$0, $0, $0] })
        let error = #expect(throws: UserError.self) { try load("", channels: 2) }
        #expect(error?.kind == .recipe)
    }

    @Test func trailingBytesAreRefused() throws {
        for suffix in ["", ".gz"] {
            let bytes = try Fixtures.bytes("labels-idx1-ubyte" + suffix) + [0]
            let error = userError { () throws(UserError) in _ = try IDX(bytes, rank: 1, file: "l") }
            #expect(error?.kind == .data)
        }
    }

    @Test func absurdSizesAreRefusedBeforeAllocation() {
        for size: [UInt8] in [[0xFF, 0xFF, 0xFF, 0xFF], [0x7F, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0]] {
            let header: [UInt8] = [0, 0, 8, 3] + size + size + size
            let error = userError { () throws(UserError) in _ = try IDX(header, rank: 3, file: "x") }
            #expect(error?.kind == .data)
        }
    }

    @Test(.enabled(if: Fixtures.hasFashionMNIST, "dataset-fashion-mnist is not installed"))
    func realFashionMNIST() throws {
        let pair = try DataPair.load(source: "fashion-mnist", directory: FashionMNIST.debianDirectory)
        #expect(pair.train.histogram == [Int](repeating: 6000, count: 10))
        #expect(pair.test.histogram == [Int](repeating: 1000, count: 10))
        // The published first test image is an ankle boot.
        #expect(pair.test.classNames[pair.test.labels[0]] == "Ankle boot")
        #expect(pair.train.image(0).prefix(64).allSatisfy { $0 == 0 })
    }

    @Test func missingFileNamesThePackage() {
        let error = userError { () throws(UserError) in _ = try FashionMNIST.load("/nowhere")
        }
        #expect(error?.kind == .missing)
        #expect(error?.description.contains("apt-get install dataset-fashion-mnist") == true)
    }
}

@Suite struct CIFAR10Tests {
    @Test func readsRecords() throws {
        let dataset = try CIFAR10.decode(Fixtures.bytes("cifar10.bin"), file: "b.bin", name: "cifar10")
        #expect(dataset.labels == [3, 0, 9])
        #expect(dataset.pixels == Fixtures.pixels)
    }

    @Test func loadsAFolder() throws {
        try withScratch { folder in
            try Files.makeFolder("\(folder)/cifar-10-batches-bin")
            for name in (1...5).map({ "data_batch_\($0)" }) + ["test_batch"] {
                try Files.write(
                    Fixtures.bytes("cifar10.bin"), to: "\(folder)/cifar-10-batches-bin/\(name).bin")
            }
            let pair = try DataPair.load(source: "cifar10", directory: folder)
            #expect(pair.train.count == 15)
            #expect(pair.test.count == 3)
        }
        let error = userError { () throws(UserError) in _ = try CIFAR10.load("/nowhere") }
        #expect(error?.kind == .missing)
        #expect(error?.description.contains("c32a1d4ab5d03f1284b67883e8d87530") == true)
    }
}

@Suite struct SourceTests {
    @Test func unknownSourceListsTheKnown() {
        let error = userError { () throws(UserError) in
            _ = try DataPair.load(source: "mnist", directory: ".")
        }
        #expect(error?.kind == .recipe)
        let known = "svhn, fashion-mnist, cifar10, image-folder, csv, npz, synthetic"
        #expect(error?.description.contains(known) == true)
    }

    @Test func syntheticImagesDependOnSeedAndClass() throws {
        var options = DatasetOptions()
        options.classes = 4
        let pair = try DataPair.load(source: "synthetic", directory: "", options: options)
        #expect(pair.train.histogram == [16, 16, 16, 16])
        #expect(pair.train.sharedImages(with: pair.test) == 0)
        #expect(
            try DataPair.load(source: "synthetic", directory: "", options: options).train.sha256
                == pair.train.sha256)
        options.seed = 2
        #expect(
            try DataPair.load(source: "synthetic", directory: "", options: options).train.sha256
                != pair.train.sha256)
    }

    @Test func syntheticClassesCanBeTold() throws {
        // The power at each class's own wave vector tells it from the others.
        var options = DatasetOptions()
        options.classes = 2
        let pair = try DataPair.load(source: "synthetic", directory: "", options: options)
        var right = 0
        for index in 0..<pair.test.count {
            let image = Array(pair.test.image(index))
            func variation(_ step: Int) -> Int {
                (0..<image.count - step).reduce(0) { $0 + abs(Int(image[$1]) - Int(image[$1 + step])) }
            }
            // Class 0 varies along rows, class 1 along columns.
            let guess = variation(3 * 4) > variation(96 * 4) ? 0 : 1
            right += guess == pair.test.labels[index] ? 1 : 0
        }
        #expect(right == pair.test.count)
    }

    @Test func badOptionsAreRecipeErrors() {
        var options = DatasetOptions()
        options.channels = 2
        for source in ["svhn", "cifar10", "image-folder", "synthetic"] {
            let error = userError { () throws(UserError) in
                _ = try DataPair.load(source: source, directory: "/", options: options)
            }
            #expect(error?.kind == .recipe, "\(source)")
        }
    }

    @Test func datasetIdentityCoversGeometryPixelsAndLabels() {
        let a = Fixtures.dataset(labels: [0, 1, -1], classes: 2)
        #expect(a.sha256 == Fixtures.dataset(labels: [0, 1, -1], classes: 2).sha256)
        #expect(a.sha256 != Fixtures.dataset(labels: [0, 1, 1], classes: 2).sha256)
        #expect(a.sha256 != Fixtures.dataset(labels: [0, 1, -1], classes: 3).sha256)
        #expect(a.sha256 != a.subset([0, 2, 1], name: "toy").sha256)
        let flat = ImageDataset(
            name: "flat", height: 1, width: 4, channels: 1, classNames: a.classNames, pixels: a.pixels,
            labels: a.labels)
        #expect(a.sha256 != flat.sha256)
    }
}
