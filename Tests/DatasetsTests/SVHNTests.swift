import Foundation
import System
import TestSupport
import Testing

@testable import Datasets

@Suite struct SVHNTests {
    @Test(arguments: [
        "svhn_compressed.mat", "svhn_plain.mat", "svhn_double.mat", "svhn_extra_variables.mat",
        "svhn_big_endian.mat",
    ])
    func readsEveryForm(name: String) throws {
        let dataset = try SVHN.read(Fixtures.path(name), name: "svhn")
        #expect(dataset.count == 3)
        #expect(dataset.labels == [0, 3, 7])
        #expect(dataset.pixels == Fixtures.pixels)
        #expect(dataset.classNames == ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"])
    }

    @Test func writerAndReaderAgree() throws {
        let dataset = try SVHN.read(Fixtures.path("svhn_plain.mat"), name: "svhn")
        let part = try SVHN.decode(SVHN10k.encode(dataset, 1..<3), file: "part.mat", name: "part")
        #expect(part.labels == [3, 7])
        #expect(part.pixels == Array(dataset.pixels[3072...]))
        let first = try SVHN.decode(SVHN10k.encode(dataset, 0..<1), file: "part.mat", name: "part")
        #expect(first.labels == [0])
    }

    @Test func tenThousandImagesBecomeTwoParts() throws {
        let labels = (0..<10_001).map { $0 % 10 }
        let pixels = labels.indices.flatMap { [UInt8](repeating: UInt8($0 % 256), count: 3072) }
        let official = ImageDataset(
            name: "svhn", height: 32, width: 32, channels: 3, classNames: (0...9).map(String.init),
            pixels: pixels,
            labels: labels)
        try withScratch { folder in
            let path = "\(folder)/test_32x32.mat"
            try Files.write(SVHN10k.encode(official, 0..<10_001), to: path)
            try SVHN10k.make(from: path, in: "\(folder)/svhn10k")
            let pair = try DataPair.load(source: "svhn", directory: "\(folder)/svhn10k")
            #expect(pair.train.labels == Array(labels[0..<7000]))
            #expect(pair.test.labels == Array(labels[7000..<9000]))
            #expect(pair.train.image(6999).elementsEqual(official.image(6999)))
            #expect(pair.test.image(1999).elementsEqual(official.image(8999)))

            let overwrite = userError { () throws(UserError) in
                _ = try SVHN10k.make(from: path, in: folder + "/../" + (folder as NSString).lastPathComponent)
            }
            #expect(overwrite?.kind == .output)
            #expect(try SVHN.read(path, name: "svhn").count == 10_001)
        }
    }

    @Test func shortFileIsRefused() throws {
        try withScratch { folder in
            let error = userError { () throws(UserError) in
                _ = try SVHN10k.make(from: Fixtures.path("svhn_plain.mat"), in: folder)
            }
            #expect(error?.kind == .data)
            let written = try Files.list(folder)
            #expect(written.isEmpty)
        }
    }

    private static let hasScipy = run("import scipy.io")

    private static func run(_ code: String, _ argument: String = "") -> Bool {
        let python = Process()
        python.executableURL = URL(filePath: "/usr/bin/env")
        python.arguments = ["python3", "-c", code, argument]
        python.standardError = FileHandle.nullDevice
        guard (try? python.run()) != nil else { return false }
        python.waitUntilExit()
        return python.terminationStatus == 0
    }

    @Test(.enabled(if: hasScipy, "python3 has no scipy"))
    func scipyReadsWhatWeWrite() throws {
        let dataset = try SVHN.read(Fixtures.path("svhn_plain.mat"), name: "svhn")
        try withScratch { folder in
            let path = "\(folder)/written.mat"
            try Files.write(SVHN10k.encode(dataset, 0..<3), to: path)
            let code = """
                import sys, scipy.io, numpy as np
                m = scipy.io.loadmat(sys.argv[1])
                n, r, c, k = np.ogrid[:3, :32, :32, :3]
                expected = (37 * n + 5 * r + 3 * c + 80 * k) % 256
                assert m['X'].dtype == np.uint8 and (m['X'].transpose(3, 0, 1, 2) == expected).all()
                assert m['y'].shape == (3, 1) and m['y'].ravel().tolist() == [10, 3, 7]
                """
            #expect(Self.run(code, path))
        }
    }

    @Test(.enabled(if: Fixtures.svhn10k != nil, "Data/svhn10k is absent"))
    func realSVHN10k() throws {
        let pair = try SVHN.load(try #require(Fixtures.svhn10k))
        #expect(pair.train.count == 7000)
        #expect(pair.test.count == 2000)
        #expect(pair.train.histogram.reduce(0, +) == 7000)
        // House numbers begin with 1 most often (Benford), and every digit is there.
        #expect(pair.train.histogram.max() == pair.train.histogram[1])
        #expect(pair.train.histogram.allSatisfy { $0 > 300 })
        #expect(pair.train.sharedImages(with: pair.test) == 0)
        #expect(pair.train.sharedImages(with: pair.train) == 7000)
    }

    @Test func missingFileSaysWhatToGet() throws {
        let error = userError { () throws(UserError) in _ = try SVHN.load("/nowhere") }
        #expect(error?.kind == .missing)
        let text = error?.description ?? ""
        for part in ["train_32x32.mat", "182,040,794", "e26dedcc434d2e4c54c9b2d4a06d8373"] {
            #expect(text.contains(part))
        }
    }

    @Test func missingFilesOfSVHN10kSayHowToMakeThem() {
        for name in ["Data/svhn10k", "/nowhere/SVHN-10k/"] {
            let error = userError { () throws(UserError) in _ = try SVHN.load(name) }
            let text = error?.description ?? ""
            for part in [
                "test_32x32.mat (64,275,384 bytes, md5 eb5a983be6a315427106f1b164d9cef3)",
                "http://ufldl.stanford.edu/housenumbers/", "`fce data svhn10k test_32x32.mat --out \(name)`",
            ] {
                #expect(text.contains(part))
            }
            #expect(!text.contains("182,040,794"))
        }
    }

    @Test func otherFilesAreNeverOverwritten() throws {
        let images = ImageDataset(
            name: "x", height: 32, width: 32, channels: 3, classNames: (0...9).map(String.init),
            pixels: [UInt8](repeating: 7, count: 10_000 * 3072), labels: (0..<10_000).map { $0 % 10 })
        try withScratch { folder in
            let official = "\(folder)/official/test_32x32.mat"
            try Files.makeFolder("\(folder)/official")
            try Files.write(SVHN10k.encode(images, 0..<10_000), to: official)
            try Files.write([1, 2], to: "\(folder)/official/train_32x32.mat")
            let before = try Files.read(official)
            for part in ["train_32x32.mat", "test_32x32.mat"] {
                let error = userError { () throws(UserError) in
                    try SVHN10k.make(from: official, in: "\(folder)/official")
                }
                #expect(error?.kind == .output && error?.place?.hasSuffix(part) == true)
                #expect(try Files.read(official) == before)
                unlink("\(folder)/official/train_32x32.mat")
            }
            // As advised; and again, which changes nothing.
            for _ in 0..<2 {
                try SVHN10k.make(from: official, in: "\(folder)/new/folder")
                let found = try DatasetInspection(at: "\(folder)/new/folder")
                #expect(found.source == .svhn && found.train.count == 7000 && found.test?.count == 2000)
            }
        }
    }

    @Test func versionSevenPointThreeIsNamed() {
        let bytes = Array("MATLAB 7.3 MAT-file".utf8) + [UInt8](repeating: 0, count: 600)
        let error = userError { () throws(UserError) in
            _ = try SVHN.decode(bytes, file: "x.mat", name: "svhn")
        }
        #expect(error?.description.contains("7.3") == true)
    }
}
