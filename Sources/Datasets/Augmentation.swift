import Tensors

/// Random changes of training images that leave their class as it is.
public struct Augmentation: Sendable, Hashable {
    /// Half of the images are mirrored, left to right.
    public var flip: Bool
    /// Images are cut at random out of their own reflection at the border, so many pixels wider at each side: a shift of
    /// up to so many pixels each way.
    public var crop: Int

    public init(flip: Bool = false, crop: Int = 0) {
        self.flip = flip
        self.crop = crop
    }

    public var isIdentity: Bool { !flip && crop == 0 }

    /// What happens to one image.
    struct Draw: Equatable {
        var isMirrored = false
        /// Of what is seen, in pixels: down and to the right.
        var shift = Translation(down: 0, right: 0)
    }

    /// One draw an image from `stream`, always as many numbers of it.
    func draw(_ stream: inout RandomStream) -> Draw {
        let isMirrored = stream.below(2) == 1
        let (down, right) = (stream.below(2 * crop + 1) - crop, stream.below(2 * crop + 1) - crop)
        return Draw(isMirrored: flip && isMirrored, shift: Translation(down: down, right: right))
    }

    /// The image `[H, W, C]` after `draw`: first mirrored, then shifted. Pixels that come in over the border are those
    /// that its reflection shows; the border itself is not repeated, so that a shift is less than the image's side.
    static func apply(
        _ draw: Draw, to image: ArraySlice<UInt8>, height: Int, width: Int, channels: Int
    ) -> [UInt8] {
        var changed: [UInt8] = []
        changed.reserveCapacity(image.count)
        for row in 0..<height {
            let y = reflected(row - draw.shift.down, height)
            for column in 0..<width {
                let seen = reflected(column - draw.shift.right, width)
                let x = draw.isMirrored ? width - 1 - seen : seen
                let start = image.startIndex + (y * width + x) * channels
                changed += image[start..<start + channels]
            }
        }
        return changed
    }

    /// 2 1 | 0 1 2 … n−1 | n−2 n−3.
    private static func reflected(_ index: Int, _ count: Int) -> Int {
        let inside = abs(index)
        return inside < count ? inside : 2 * (count - 1) - inside
    }
}

/// Images under random changes. The bytes change before the noise of dequantisation is drawn: pixels that a reflection
/// shows twice have noise of their own, without which a flow's density of such images could grow without limit.
public struct AugmentedImages: ExampleSet {
    private let images: ImageDataset
    private let augmentation: Augmentation

    /// - Parameters:
    ///   - images: the dataset.
    ///   - augmentation: its crop must be less than the images' sides.
    public init(_ images: ImageDataset, _ augmentation: Augmentation) {
        precondition(augmentation.crop < min(images.height, images.width))
        self.images = images
        self.augmentation = augmentation
    }

    public var name: String { images.name }
    public var extents: [Int] { images.extents }
    public var classNames: [String] { images.classNames }
    public var labels: [Int] { images.labels }
    /// Of the images without changes.
    public var sha256: String { images.sha256 }

    public func values(at indices: [Int], dequantize: Dequantization, key: RandomKey) -> [Float] {
        var stream = RandomStream(
            RandomKey(
                seed: key.seed, purpose: .augmentation, step: Int(key.step), lane: Int(key.lane)))
        var bytes: [UInt8] = []
        bytes.reserveCapacity(indices.count * images.imageSize)
        for index in indices {
            bytes += Augmentation.apply(
                augmentation.draw(&stream), to: images.image(index), height: images.height,
                width: images.width, channels: images.channels)
        }
        return dequantize.apply(bytes, key: key)
    }
}
