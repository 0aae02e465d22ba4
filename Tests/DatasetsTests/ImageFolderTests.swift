import Foundation
import System
import TestSupport
import Testing

@testable import Datasets

@Suite struct ImageFolderTests {
    private func write(_ value: UInt8, _ path: String) throws {
        let pixels = [UInt8](repeating: value, count: 8 * 8 * 3)
        try Picture(width: 8, height: 8, channels: 3, pixels: pixels).write(to: path)
    }

    private func folder(_ root: String, _ name: String, _ values: [UInt8]) throws {
        try Files.makeFolder("\(root)/\(name)")
        for value in values { try write(value, "\(root)/\(name)/\(value).jpg") }
    }

    @Test func explicitTrainAndTest() throws {
        try withScratch { root in
            try folder(root, "train/cat", [10, 20])
            try folder(root, "train/dog", [30])
            try folder(root, "train/unlabelled", [40])
            try folder(root, "unlabelled", [50])
            try folder(root, "test/dog", [60])
            var options = DatasetOptions()
            options.size = 4
            let pair = try DataPair.load(source: "image-folder", directory: root, options: options)
            #expect(pair.train.classNames == ["cat", "dog"])
            let known = (0..<5).map { [Int(pair.train.image($0).first ?? 0), pair.train.labels[$0]] }
            #expect(Set(known) == [[10, 0], [20, 0], [30, 1], [40, -1], [50, -1]])
            #expect(pair.test.labels == [1])
            #expect(pair.test.files == ["test/dog/60.jpg"] && pair.train.files.count == 5)
            let first = pair.train.files[pair.train.labels.firstIndex(of: 1) ?? 0]
            #expect(first == "train/dog/30.jpg")

            try folder(root, "test/cow", [1])
            let error = userError { () throws(UserError) in _ = try ImageFolder.load(root) }
            #expect(error?.kind == .data && error?.place?.hasSuffix("test/cow") == true)
        }
    }

    @Test func testShareIsDeterministicAndDisjoint() throws {
        try withScratch { root in
            try folder(root, "a", Array(10..<30))
            try folder(root, "b", Array(100..<110))
            var options = DatasetOptions()
            options.size = 8
            let pair = try ImageFolder.load(root, options)
            #expect(pair.test.histogram == [4, 2])
            #expect(pair.train.histogram == [16, 8])
            #expect(pair.train.sharedImages(with: pair.test) == 0)
            #expect(try ImageFolder.load(root, options).test.sha256 == pair.test.sha256)
            options.seed = 2
            #expect(try ImageFolder.load(root, options).test.sha256 != pair.test.sha256)
            options.testCount = 3
            #expect(try ImageFolder.load(root, options).test.histogram == [2, 1])
            options.testCount = 30
            #expect(
                userError { () throws(UserError) in _ = try ImageFolder.load(root, options) }?.kind
                    == .recipe)
        }
    }

    @Test func namesMayEndAsPNGs() throws {
        try withScratch { root in
            try folder(root, "a", [1, 2])
            try write(3, "\(root)/a/3.PNG")
            var options = DatasetOptions()
            (options.size, options.testCount) = (8, 0)
            let images = try ImageFolder.load(root, options).train
            #expect(Set((0..<images.count).map { images.image($0).first }) == [1, 2, 3])
        }
    }

    @Test func theFirstImagesAreOfAllClasses() throws {
        try withScratch { root in
            for (index, name) in ["a", "b", "c"].enumerated() {
                try folder(root, "train/\(name)", (0..<20).map { UInt8(30 * index + $0) })
                try folder(root, "test/\(name)", (0..<20).map { UInt8(100 + 30 * index + $0) })
            }
            let pair = try ImageFolder.load(root)
            for images in [pair.train, pair.test] {
                #expect(Set(images.labels.prefix(20)) == [0, 1, 2])
                // An image moves with its label.
                let classes = (0..<60).map { Int(images.image($0).first ?? 0) % 100 / 30 }
                #expect(classes == images.labels)
            }
        }
    }

    @Test func imagesWithoutClasses() throws {
        try withScratch { root in
            try folder(root, ".", [1, 2, 3, 4, 5])
            let pair = try ImageFolder.load(root)
            #expect(pair.train.labels == [-1, -1, -1, -1])
            #expect(pair.test.count == 1 && pair.train.classes == 0)
        }
    }

    @Test func strangersAreNamed() throws {
        try withScratch { root in
            #expect(
                userError { () throws(UserError) in _ = try ImageFolder.load(root) }?.kind == .missing)
            try folder(root, "a", [1, 2, 3])
            try Files.write([0, 1, 2], to: "\(root)/a/broken.jpg")
            let broken = userError { () throws(UserError) in _ = try ImageFolder.load(root) }
            #expect(broken?.kind == .data && broken?.place?.hasSuffix("a/broken.jpg") == true)
            try Files.write([0], to: "\(root)/a/picture.gif")
            let stranger = userError { () throws(UserError) in _ = try ImageFolder.load(root) }
            #expect(stranger?.kind == .data && stranger?.place?.hasSuffix("picture.gif") == true)
        }
    }

    @Test(.enabled(if: Fixtures.cifarJPEG != nil, "cifar10-jpeg is absent"))
    func realFolder() throws {
        let pair = try ImageFolder.load(try #require(Fixtures.cifarJPEG))
        #expect(pair.train.classNames == CIFAR10.classNames)
        #expect(pair.train.histogram == [Int](repeating: 80, count: 10))
        #expect(pair.test.histogram == [Int](repeating: 20, count: 10))
    }

    @Test func reasonsAreTheSystemsAndTellWhatToDo() throws {
        func refusal(_ path: String) -> String? {
            userError { () throws(UserError) in _ = try ImageFolder.load(path) }?.description
        }
        #expect(
            refusal("/nowhere") == "/nowhere: cannot be listed (No such file or directory); check the path")
        #expect(refusal("~/Photos")?.contains("write the folder out, as in /") == true)
        try withScratch { folder in
            let loop = "\(folder)/loop"
            try FileManager.default.createSymbolicLink(atPath: loop, withDestinationPath: "loop")
            #expect(refusal(loop)?.contains("links lead in a circle") == true)
            // Root reads everything, so only others can see this.
            guard geteuid() != 0 else { return }
            try Files.makeFolder("\(folder)/locked")
            chmod("\(folder)/locked", 0)
            #expect(refusal("\(folder)/locked")?.contains("Permission denied); get permission") == true)
            chmod("\(folder)/locked", 0o700)
        }
    }
}
