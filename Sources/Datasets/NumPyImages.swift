import System

/// Images and labels in NumPy arrays: one `.npz` file, or `.npy` files in a folder.
///
/// Images are uint8 of the shape (images, height, width, 3), (…, 1) or (images, height, width); labels are whole
/// numbers from 0, negative for an image without one. The arrays are called x and y, or images and labels, or with a
/// part's name in front or behind: x_train, y_train, x_val, x_test, test_images and so on. Images of other sizes than
/// the one asked for become their largest centred square, resized, as pictures do.
public enum NumPyImages: DatasetReader {
    public static func load(
        _ path: String, _ options: DatasetOptions = DatasetOptions()
    ) throws(UserError) -> DataPair {
        let arrays = try NumPyParts(try NumPyArchive.open(path))
        let channels = options.channels ?? 3
        var catalogue = arrays.catalogue
        if let images = arrays.sets.first?.images,
            (images.width, images.height) != (options.size, options.size)
        {
            catalogue.notices.append(
                "images of \(images.width)x\(images.height) are resized to \(options.size)x\(options.size) (data.size)"
            )
        }
        return try catalogue.pair("npz", at: path, options) { place throws(UserError) in
            arrays.sets[place.set].images.image(place.index, size: options.size, channels: channels)
        }
    }

    public static func inspect(_ path: String) throws(UserError) -> DatasetInspection {
        let arrays = try NumPyParts(try NumPyArchive.open(path), headersOnly: true)
        let sides = arrays.sets.map { (width: $0.images.width, height: $0.images.height) }
        let isGrey = arrays.sets.allSatisfy { $0.images.channels == 1 }
        return DatasetInspection(
            .npz, path, of: arrays.catalogue, sizes: ImageSizes(sides: sides, isGrey: isGrey))
    }

    /// The images of all parts in a file, in the order train, val, test, without their labels.
    static func images(_ path: String, size: Int, channels: Int) throws(UserError) -> ImageDataset {
        let pixels = try NumPyParts(try NumPyArchive.open(path)).sets.map(\.images).flatMap { images in
            (0..<images.count).flatMap { images.image($0, size: size, channels: channels) }
        }
        return ImageFile.unlabelled(path, size: size, channels: channels, pixels: pixels)
    }
}

/// uint8 images of one array: `pixels` `[count, height, width, channels]`, none where only the header was read.
struct NumPyImageArray {
    let name: String
    let count: Int
    let height: Int
    let width: Int
    let channels: Int
    let pixels: [UInt8]

    /// Bytes of one image.
    var size: Int { height * width * channels }

    /// Image `index` as `[size, size, wanted]`: its largest centred square, resized, unless it is that already.
    func image(_ index: Int, size side: Int, channels wanted: Int) -> [UInt8] {
        let stored = Array(pixels[index * size..<(index + 1) * size])
        guard (width, height, channels) != (side, side, wanted) else { return stored }
        return Picture(width: width, height: height, channels: channels, pixels: stored)
            .thumbnail(size: side, channels: wanted)
    }

    /// - Throws: `UserError(.data)` saying how to save another array so that it can be read.
    init(_ array: NumPyArray, name: String, file: String) throws(UserError) {
        func refuse(_ what: String, _ advice: String) -> UserError {
            UserError(.data, "\(name) \(what)", at: file, advice: advice)
        }
        guard array.type == "|u1" else {
            throw refuse(
                "holds numbers of type \(array.type), not uint8",
                "save \(name).astype('uint8'), with values from 0 to 255 (255 * \(name) if they end at 1)")
        }
        guard !array.isColumnMajor else {
            throw refuse("is in column-major order", "save numpy.ascontiguousarray(\(name))")
        }
        let shape = array.shape
        if shape.count == 4, shape[1] == 3 || shape[1] == 1, shape[3] != 3, shape[3] != 1 {
            throw refuse("has the shape \(shape): channels come last", "save \(name).transpose(0, 2, 3, 1)")
        }
        if shape.count == 4, shape[3] == 4 { throw refuse("has 4 channels", "save \(name)[..., :3]") }
        guard shape.count == 3 || shape.count == 4 && (shape[3] == 1 || shape[3] == 3),
            shape.allSatisfy({ $0 > 0 }), shape[1] <= 65535, shape[2] <= 65535
        else {
            throw refuse(
                "has the shape \(shape), not (images, height, width, 1 or 3) or (images, height, width)",
                "reshape it")
        }
        self.name = name
        (count, height, width, channels) = (shape[0], shape[1], shape[2], shape.count == 4 ? shape[3] : 1)
        guard height * width <= Picture.largestPixelCount else {
            throw refuse(
                "has images of \(width) x \(height) pixels, more than the limit", "make them smaller")
        }
        pixels = array.bytes
    }
}
