import Tensors
import Testing

@testable import Datasets

@Suite struct JPEGTests {
    @Test(arguments: ["colour", "progressive", "grey", "cmyk"])
    func decodesLikePillow(name: String) throws {
        let image = try JPEGImage.read(Fixtures.path("\(name).jpg"))
        #expect((image.width, image.height, image.channels) == (40, 24, name == "grey" ? 1 : 3))
        let expected = try Fixtures.bytes("\(name).rgb")
        let pixels = name == "grey" ? image.pixels.flatMap { [$0, $0, $0] } : image.pixels
        let worst = zip(pixels, expected).map { abs(Int($0) - Int($1)) }.max() ?? 255
        // CMYK to RGB is rounded differently.
        #expect(pixels.count == expected.count && worst <= 2, "largest difference \(worst)")
    }

    @Test(arguments: [1, 3])
    func roundTrip(channels: Int) throws {
        let (width, height) = (37, 21)
        let pixels = (0..<width * height * channels).map { i in
            UInt8(40 + 3 * (i / channels % width) + 4 * (i / channels / width))
        }
        let bytes = try JPEGImage.encode(
            pixels: pixels, width: width, height: height, channels: channels, quality: 95)
        let image = try JPEGImage.decode(bytes, file: "x.jpg")
        #expect((image.width, image.height, image.channels) == (width, height, channels))
        let worst = zip(pixels, image.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 255
        #expect(worst <= 6)
    }

    @Test func tooLargeIsRefused() throws {
        let wide = [UInt8](repeating: 0, count: 70_000)
        let error = Fixtures.error { () throws(UserError) in
            _ = try JPEGImage.encode(pixels: wide, width: 70_000, height: 1, channels: 1)
        }
        #expect(error?.kind == .output)
        // A header that claims 65,500 × 65,500 pixels: found by its start-of-frame marker.
        var bytes = try Fixtures.bytes("colour.jpg")
        let frame = try #require(
            bytes.indices.dropLast().first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 })
        bytes.replaceSubrange(frame + 5..<frame + 9, with: [0xFF, 0xDC, 0xFF, 0xDC])
        let bomb = Fixtures.error { () throws(UserError) in _ = try JPEGImage.decode(bytes, file: "x.jpg") }
        #expect(bomb?.description.contains("65500 x 65500 pixels are more than the limit") == true)
    }

    @Test func shrinkingAveragesAreas() {
        let image = JPEGImage(width: 4, height: 2, channels: 1, pixels: [9, 0, 100, 9, 9, 40, 60, 9])
        #expect(image.thumbnail(size: 1, channels: 1) == [50])
        #expect(image.thumbnail(size: 2, channels: 1) == [0, 100, 40, 60])
        #expect(image.thumbnail(size: 1, channels: 3) == [50, 50, 50])
        // 3 → 2: each output covers one and a half pixels.
        let line = JPEGImage(width: 3, height: 3, channels: 1, pixels: [30, 60, 90, 30, 60, 90, 30, 60, 90])
        #expect(line.thumbnail(size: 2, channels: 1) == [40, 80, 40, 80])
    }

    @Test func enlargingInterpolates() {
        let image = JPEGImage(width: 2, height: 2, channels: 1, pixels: [0, 100, 0, 100])
        #expect(Array(image.thumbnail(size: 4, channels: 1).prefix(4)) == [0, 25, 75, 100])
        #expect(
            JPEGImage(width: 1, height: 1, channels: 1, pixels: [7]).thumbnail(size: 2, channels: 1)
                == [7, 7, 7, 7])
    }

    @Test func colourBecomesLuma() {
        let image = JPEGImage(width: 1, height: 1, channels: 3, pixels: [100, 200, 50])
        #expect(image.thumbnail(size: 1, channels: 1) == [153])
    }
}

@Suite struct ImageFolderTests {
    private func write(_ value: UInt8, _ path: String) throws {
        let pixels = [UInt8](repeating: value, count: 8 * 8 * 3)
        try JPEGImage(width: 8, height: 8, channels: 3, pixels: pixels).write(to: path)
    }

    private func folder(_ root: String, _ name: String, _ values: [UInt8]) throws {
        try Files.makeFolder("\(root)/\(name)")
        for value in values { try write(value, "\(root)/\(name)/\(value).jpg") }
    }

    @Test func explicitTrainAndTest() throws {
        try Fixtures.withFolder { root in
            try folder(root, "train/cat", [10, 20])
            try folder(root, "train/dog", [30])
            try folder(root, "train/unlabelled", [40])
            try folder(root, "unlabelled", [50])
            try folder(root, "test/dog", [60])
            var options = DatasetOptions()
            options.size = 4
            let pair = try DataPair.load(source: "image-folder", directory: root, options: options)
            #expect(pair.train.classNames == ["cat", "dog"])
            #expect(pair.train.labels == [0, 0, 1, -1, -1])
            #expect((0..<5).map { pair.train.image($0).first } == [10, 20, 30, 40, 50])
            #expect(pair.test.labels == [1])

            try folder(root, "test/cow", [1])
            let error = Fixtures.error { () throws(UserError) in _ = try ImageFolder().load(root) }
            #expect(error?.kind == .data && error?.place?.hasSuffix("test/cow") == true)
        }
    }

    @Test func testShareIsDeterministicAndDisjoint() throws {
        try Fixtures.withFolder { root in
            try folder(root, "a", Array(10..<30))
            try folder(root, "b", Array(100..<110))
            var reader = ImageFolder()
            reader.size = 8
            let pair = try reader.load(root)
            #expect(pair.test.histogram == [4, 2])
            #expect(pair.train.histogram == [16, 8])
            #expect(pair.train.sharedImages(with: pair.test) == 0)
            #expect(try reader.load(root).test.sha256 == pair.test.sha256)
            reader.seed = 2
            #expect(try reader.load(root).test.sha256 != pair.test.sha256)
            reader.testCount = 3
            #expect(try reader.load(root).test.histogram == [2, 1])
            reader.testCount = 30
            #expect(Fixtures.error { () throws(UserError) in _ = try reader.load(root) }?.kind == .recipe)
        }
    }

    @Test func imagesWithoutClasses() throws {
        try Fixtures.withFolder { root in
            try folder(root, ".", [1, 2, 3, 4, 5])
            let pair = try ImageFolder().load(root)
            #expect(pair.train.labels == [-1, -1, -1, -1])
            #expect(pair.test.count == 1 && pair.train.classes == 0)
        }
    }

    @Test func strangersAreNamed() throws {
        try Fixtures.withFolder { root in
            #expect(
                Fixtures.error { () throws(UserError) in _ = try ImageFolder().load(root) }?.kind == .missing)
            try folder(root, "a", [1, 2, 3])
            try Files.write([0, 1, 2], to: "\(root)/a/broken.jpg")
            let broken = Fixtures.error { () throws(UserError) in _ = try ImageFolder().load(root) }
            #expect(broken?.kind == .data && broken?.place?.hasSuffix("a/broken.jpg") == true)
            try Files.write([0], to: "\(root)/a/picture.png")
            let stranger = Fixtures.error { () throws(UserError) in _ = try ImageFolder().load(root) }
            #expect(stranger?.kind == .data && stranger?.place?.hasSuffix("picture.png") == true)
        }
    }

    @Test(.enabled(if: Fixtures.cifarJPEG != nil, "cifar10-jpeg is absent"))
    func realFolder() throws {
        let pair = try ImageFolder().load(try #require(Fixtures.cifarJPEG))
        #expect(pair.train.classNames == CIFAR10.classNames)
        #expect(pair.train.histogram == [Int](repeating: 80, count: 10))
        #expect(pair.test.histogram == [Int](repeating: 20, count: 10))
    }
}
