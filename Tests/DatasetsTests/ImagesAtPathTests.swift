import Foundation
import System
import TestSupport
import Testing

@testable import Datasets

@Suite struct ImagesAtPathTests {
    private func copy(_ fixture: String, to path: String) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: Fixtures.path(fixture), toPath: path)
    }

    @Test func aFolderOfJPEGsGivesAllOrItsTestPart() throws {
        try withScratch { folder in
            try copy("colour.jpg", to: "\(folder)/all/a/1.jpg")
            try copy("grey.jpg", to: "\(folder)/all/b/1.jpg")
            let all = try ImagesAtPath.read("\(folder)/all", size: 8, channels: 1)
            #expect(all.count == 2 && all.extents == [8, 8, 1])
            let picture = try Picture.read(Fixtures.path("colour.jpg"))
            #expect((0..<2).contains { Array(all.image($0)) == picture.thumbnail(size: 8, channels: 1) })
            try copy("colour.jpg", to: "\(folder)/parts/train/a/1.jpg")
            try copy("grey.jpg", to: "\(folder)/parts/test/a/1.jpg")
            try copy("grey.jpg", to: "\(folder)/parts/test/a/2.jpg")
            #expect(try ImagesAtPath.read("\(folder)/parts", size: 8, channels: 3).count == 2)
        }
    }

    @Test func aFileOrTheTestFileOfAFolderIsMadeToFit() throws {
        try withScratch { folder in
            let pixels = [UInt8](repeating: 9, count: 2 * 784)
            let file = "\(folder)/t10k-images-idx3-ubyte"
            let header: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28]
            try Data(header + pixels).write(to: URL(fileURLWithPath: file))
            for path in [folder, file] {
                let images = try ImagesAtPath.read(path, size: 16, channels: 3)
                #expect(images.count == 2 && images.extents == [16, 16, 3])
                #expect(images.labels == [-1, -1])
                // 28 pixels in a frame of 2: two of the small image's 16 rows hold the frame.
                #expect(images.pixels.count { $0 == 9 } == 2 * 14 * 14 * 3)
            }
        }
    }

    @Test func cifarIsToldByItsTestBatch() throws {
        try withScratch { folder in
            let record = [3] + [UInt8](repeating: 50, count: CIFAR10.recordSize - 1)
            try Data(record).write(to: URL(fileURLWithPath: "\(folder)/test_batch.bin"))
            let images = try ImagesAtPath.read(folder, size: 8, channels: 1)
            #expect(images.labels == [3] && images.pixels == [UInt8](repeating: 50, count: 64))
        }
    }

    @Test func whatHoldsNoImagesIsAnError() throws {
        try withScratch { folder in
            let error = userError { () throws(UserError) in
                _ = try ImagesAtPath.read(folder, size: 8, channels: 3)
            }
            #expect(error?.kind == .missing && error?.description.contains(folder) == true)
        }
    }
}
