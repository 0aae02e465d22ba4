import System
import TestSupport
import Testing

@testable import Datasets

/// Files that NumPy wrote: see `Fixtures/make_fixtures.py`.
@Suite struct NumPyTests {
    private func options(_ size: Int, _ channels: Int) -> DatasetOptions {
        var options = DatasetOptions()
        (options.size, options.channels) = (size, channels)
        return options
    }

    @Test func imagesAndLabels() throws {
        let pair = try DataPair.load(
            source: "npz", directory: Fixtures.path("images.npz"), options: options(4, 1))
        #expect(pair.train.classNames == ["0", "1", "2"])
        // A fifth of four labelled images is one, of the largest class; one has no label.
        #expect(
            pair.train.histogram == [1, 1, 1] && pair.test.histogram == [0, 1, 0] && pair.train.count == 4)
        let images = (0..<4).map { Array(pair.train.image($0)) }
        let stored = (0..<5).map { n in (0..<16).map { UInt8((16 * n + $0) * 3 % 256) } }
        #expect(images.allSatisfy(stored.contains) && stored.contains(Array(pair.test.image(0))))
        #expect(pair.train.labels[images.firstIndex(of: stored[2]) ?? 0] == -1)
        let found = try DatasetInspection(at: Fixtures.path("images.npz"))
        #expect(found.source == .npz && found.train.histogram == [1, 2, 1] && found.train.unlabelled == 1)
        #expect(found.sizes?.width == 4 && found.sizes?.isGrey == true && found.test == nil)
    }

    @Test func partsAreToldByName() throws {
        let pair = try DataPair.load(
            source: "npz", directory: Fixtures.path("parts.npz"), options: options(2, 3))
        #expect(pair.train.count == 7 && pair.train.heldOut.count == 2 && pair.test.count == 2)
        #expect(Set(pair.train.heldOut.map { pair.train.labels[$0] }) == [0, 2])
        #expect(Set(pair.test.labels) == [0, 1])
        let found = try DatasetInspection(at: Fixtures.path("parts.npz"))
        #expect(found.heldOut.count == 2 && found.test?.count == 2 && found.train.count == 5)
        #expect(found.sizes?.width == 3 && found.sizes?.height == 2)
        #expect(try ImageFile.read(Fixtures.path("parts.npz"), size: 8, channels: 1).count == 9)
    }

    @Test func arraysMayLieInAFolder() throws {
        try withScratch { folder in
            let zip = try ZipFile(Fixtures.bytes("images.npz"), file: "x")
            for name in zip.names { try Files.write(zip.contents(name) ?? [], to: "\(folder)/\(name)") }
            for path in [folder, "\(folder)/x.npy"] {
                let found = try DatasetInspection(at: path)
                #expect(found.source == .npz && found.train.histogram == [1, 2, 1])
            }
            #expect(try NumPyImages.load(folder, options(4, 1)).train.count == 4)
        }
    }

    /// An array of zeros with this header.
    private func array(_ type: String, _ shape: [Int], order: String = "False", width: Int = 1) -> [UInt8] {
        let sizes = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
        let header = "{'descr': '\(type)', 'fortran_order': \(order), 'shape': (\(sizes)), }\n"
        let count = shape.reduce(width, *)
        return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8)
            + [UInt8](repeating: 0, count: count)
    }

    private func refusal(_ images: [UInt8], _ labels: [UInt8]? = nil) throws -> UserError? {
        try withScratch { folder in
            try Files.write(images, to: "\(folder)/x.npy")
            if let labels { try Files.write(labels, to: "\(folder)/y.npy") }
            return userError { () throws(UserError) in _ = try NumPyImages.load(folder) }
        }
    }

    @Test func otherArraysAreRefusedWithWhatToSave() throws {
        #expect(try refusal(array("|u1", [3, 4, 4])) == nil)
        for (images, advice) in [
            (array("<f4", [2, 4, 4, 3], width: 4), "astype('uint8')"),
            (array("|u1", [2, 3, 8, 8]), "transpose(0, 2, 3, 1)"),
            (array("|u1", [2, 8, 8, 4]), "[..., :3]"),
            (array("|u1", [2, 4, 4], order: "True"), "ascontiguousarray"),
            (array("|u1", [64]), "reshape"), (array("|u1", [0, 4, 4]), "reshape"),
        ] {
            let error = try refusal(images)
            #expect(error?.kind == .data && error?.advice?.contains(advice) == true, "\(advice)")
        }
        let images = array("|u1", [3, 4, 4])
        for (labels, advice) in [
            (array("<f8", [3], width: 8), "astype('int64')"),
            (array(">i4", [3], width: 4), "astype('int64')"),
            (array("|u1", [3, 10]), "argmax(1)"), (array("|u1", [4]), "one for each"),
        ] {
            let error = try refusal(images, labels)
            #expect(error?.kind == .data && error?.advice?.contains(advice) == true, "\(advice)")
        }
        // 1000 is the 1001st class.
        var large = array("<i2", [3], width: 2)
        large.replaceSubrange(large.count - 2..<large.count, with: [0xE8, 3])
        #expect(try refusal(images, large)?.what.contains("label 1000 for image 2") == true)
    }

    @Test func corruptMembersAreFound() throws {
        var bytes = try Fixtures.bytes("images.npz")
        bytes[200] ^= 1
        let error = userError { () throws(UserError) in
            _ = try NumPyParts(try NumPyArchive(bytes, file: "z"))
        }
        #expect(error?.what.contains("checksum of x.npy") == true)
    }
}
