import Foundation
import System
import TestSupport
import Testing

@testable import Datasets

/// Folders as people have them: what is a part, a class, litter, or nothing that can be used.
@Suite struct FolderLayoutTests {
    private func fill(_ folder: String, _ values: ClosedRange<UInt8>) throws {
        try Files.makeFolder(folder)
        for value in values {
            let pixels = [UInt8](repeating: value, count: 8 * 8)
            try Picture(width: 8, height: 8, channels: 1, pixels: pixels).write(to: "\(folder)/\(value).png")
        }
    }

    private var options: DatasetOptions {
        var options = DatasetOptions()
        (options.size, options.channels) = (8, 1)
        return options
    }

    private func refusal(_ root: String) -> UserError? {
        userError { () throws(UserError) in _ = try ImageFolder.load(root, options) }
    }

    @Test(arguments: ["val", "valid", "Validation"])
    func heldOutImagesAreThoseOfTheirFolder(name: String) throws {
        try withScratch { root in
            try fill("\(root)/Train/cat", 1...8)
            try fill("\(root)/Train/dog", 11...18)
            try fill("\(root)/\(name)/cat", 21...22)
            try fill("\(root)/\(name)/dog", 31...31)
            try fill("\(root)/unlabeled", 41...43)
            let pair = try ImageFolder.load(root, options)
            let heldOut = pair.train.heldOut.map { pair.train.image($0).first ?? 0 }
            #expect(Set(heldOut) == [21, 22, 31])
            #expect(pair.test.histogram == [2, 1] && pair.train.histogram == [8, 8])
            let split = try Split.classBalanced(dataset: pair.train, labels: 4, validation: 0, seed: 1)
            #expect(split.validation == pair.train.heldOut)
            #expect(Set(split.labelled + split.unlabelled).isDisjoint(with: split.validation))
            #expect(split.unlabelled.count == 13 + 3)
            let both = userError { () throws(UserError) in
                _ = try Split.classBalanced(dataset: pair.train, labels: 4, validation: 3, seed: 1)
            }
            #expect(both?.kind == .recipe && both?.advice?.contains("data.validation = 0") == true)

            let found = try DatasetInspection(at: root)
            #expect(found.source == .imageFolder && found.classNames == ["cat", "dog"])
            #expect(found.train.histogram == [8, 8] && found.train.unlabelled == 3)
            #expect(found.heldOut.histogram == [2, 1] && found.test == nil)
            #expect(found.sizes == ImageSizes(sides: [(8, 8)], isGrey: true))
        }
    }

    @Test func whatADataSetHoldsOutIsPartOfItsIdentity() {
        func set(_ heldOut: [Int]) -> ImageDataset {
            ImageDataset(
                name: "x", height: 1, width: 1, channels: 1, classNames: ["a"], pixels: [1, 2, 3],
                labels: [0, 0, 0],
                heldOut: heldOut)
        }
        #expect(set([]).sha256 != set([1]).sha256 && set([1]).sha256 != set([2]).sha256)
        #expect(set([1, 2]).subset([2, 0], name: "y").heldOut == [0])
    }

    @Test func litterIsSkippedAndCounted() throws {
        try withScratch { root in
            try fill("\(root)/cat", 1...5)
            try fill("\(root)/__MACOSX/cat", 1...5)
            for name in ["cat/Thumbs.db", "cat/.DS_Store", "cat/._1.png", "desktop.ini"] {
                try Files.write([0], to: "\(root)/\(name)")
            }
            let pair = try ImageFolder.load(root, options)
            #expect(pair.train.classNames == ["cat"] && pair.train.count + pair.test.count == 5)
            #expect(pair.notices.filter { $0.contains("5 hidden or system files") }.count == 1)
            #expect(try DatasetInspection(at: root).notices == pair.notices)
            let found = try ImageFile.paths(at: root)
            #expect(found.paths.count == 5 && found.notices.count == 1)
        }
    }

    @Test func foldersBelowAClassAreOfTheClass() throws {
        try withScratch { root in
            try fill("\(root)/cat", 1...5)
            try fill("\(root)/cat/more/still more", 6...10)
            try fill("\(root)/dog", 11...15)
            // Links lead back to the folder itself and to the other class.
            for target in ["..", "../../dog"] {
                try FileManager.default.createSymbolicLink(
                    atPath: "\(root)/cat/more/\(target.count)", withDestinationPath: target)
            }
            let pair = try ImageFolder.load(root, options)
            #expect(pair.train.histogram == [8, 4] && pair.test.histogram == [2, 1])
            #expect(pair.notices.contains { $0.contains("2 links to folders not followed") })
        }
    }

    @Test func linksOfClassesLeadNeitherUpNorTwiceToOneFolder() throws {
        try withScratch { root in
            try fill("\(root)/cat", 1...5)
            try FileManager.default.createSymbolicLink(atPath: "\(root)/up", withDestinationPath: ".")
            #expect(refusal(root)?.description.contains("up: is a link to a folder that it lies in") == true)
            unlink("\(root)/up")
            try FileManager.default.createSymbolicLink(atPath: "\(root)/tiger", withDestinationPath: "cat")
            #expect(refusal(root)?.description.contains("tiger: leads to the same folder as") == true)
        }
    }

    @Test func nothingBesideTheClassesIsIgnoredInSilence() throws {
        try withScratch { root in
            try fill("\(root)/cat", 1...5)
            try Files.write([0], to: "\(root)/README.md")
            #expect(try ImageFolder.load(root, options).notices.contains { $0.contains("README.md") })
            try fill(root, 6...7)
            let loose = refusal(root)
            #expect(loose?.what == "6.png and 1 more beside the class folders belongs to no class")
            // As advised: into `unlabelled`.
            try Files.makeFolder("\(root)/unlabelled")
            for name in ["6.png", "7.png"] { rename("\(root)/\(name)", "\(root)/unlabelled/\(name)") }
            #expect(try ImageFolder.load(root, options).train.labels.count { $0 < 0 } == 2)
        }
        try withScratch { root in
            try fill("\(root)/train/cat", 1...5)
            try fill("\(root)/vall/cat", 6...7)
            #expect(try ImageFolder.load(root, options).notices.contains { $0.hasSuffix(": vall") })
            try fill("\(root)/Train/cat", 1...2)
            #expect(refusal(root)?.what.contains("is the same part") == true)
        }
    }

    @Test func namesAreBytes() throws {
        try withScratch { root in
            let (composed, apart) = ("caf\u{e9}", "cafe\u{301}")
            try fill("\(root)/train/caf\\xE9", 1...2)
            try fill("\(root)/train/\(composed)", 3...4)
            try fill("\(root)/train/my dog", 5...6)
            try fill("\(root)/test/caf\\xE9", 11...12)
            try fill("\(root)/test/\(apart)", 13...14)
            let pair = try ImageFolder.load(root, options)
            #expect(pair.train.classNames == [composed, "caf\\xE9", "my dog"])
            #expect(pair.train.histogram == [2, 2, 2] && pair.test.histogram == [2, 2, 0])
            #expect(try ImageFile.paths(at: "\(root)/test").paths.count == 4)
        }
    }

    @Test func aClassOfOneKeepsItsImageToTrainOn() throws {
        try withScratch { root in
            for name in ["a", "b", "c"] { try fill("\(root)/\(name)", 1...1) }
            let pair = try ImageFolder.load(root, options)
            #expect(pair.train.histogram == [1, 1, 1] && pair.test.count == 0)
            #expect(pair.notices.contains { $0.hasPrefix("0 images instead of 1 test") })
        }
    }

    @Test func aFolderAroundTheClassesIsPointedOut() throws {
        try withScratch { root in
            try fill("\(root)/Photos/cat", 1...3)
            try fill("\(root)/Photos/dog", 4...6)
            let pair = try ImageFolder.load(root, options)
            #expect(pair.train.classNames == ["Photos"])
            #expect(pair.notices.contains { $0.hasSuffix("name \(root)/Photos") })
        }
    }
}
