import Tensors

/// SVHN-10k: the first 10,000 images of SVHN's official test file, 0–6999 to train and 7000–8999 to test, cut
/// where the photograph changes. Small enough for two cores, and anyone with the official file can make it.
public enum SVHN10k {
    /// Images of the official test file that go into each part.
    static let trainRange = 0..<7000
    static let testRange = 7000..<9000
    private static let needed = 10_000

    /// Writes `train_32x32.mat` and `test_32x32.mat` (compressed MATLAB level 5) in `directory` from SVHN's official
    /// `test_32x32.mat` at `path`; returns the paths written.
    /// - Throws: `UserError(.missing)`, `UserError(.data)` for a short or damaged file, `UserError(.output)`.
    @discardableResult
    public static func make(from path: String, in directory: String) throws(UserError) -> [String] {
        let official = try SVHN.read(path, name: "svhn test")
        guard official.count >= needed else {
            throw UserError(
                .data, "holds \(official.count) images, not at least 10,000", at: path,
                advice:
                    "give SVHN's official \(SVHN.test.name) (\(SVHN.test.bytes) bytes, md5 \(SVHN.test.md5))")
        }
        try Files.makeFolder(directory)
        let parts = [(SVHN.train, trainRange), (SVHN.test, testRange)].map { ("\(directory)/\($0.name)", $1) }
        for (output, _) in parts where Files.same(output, path) {
            throw UserError(
                .output, "would be overwritten by its own part", at: path, advice: "choose another folder")
        }
        for (output, range) in parts { try Files.write(encode(official, range), to: output) }
        return parts.map(\.0)
    }

    /// A `.mat` file of the images in `range`, with 10 for the digit 0 as in the official files.
    static func encode(_ dataset: ImageDataset, _ range: Range<Int>) -> [UInt8] {
        let size = dataset.imageSize
        let pixels = Array(dataset.pixels[range.lowerBound * size..<range.upperBound * size])
        let labels = dataset.labels[range].map { UInt8($0 == 0 ? 10 : $0) }
        return MatlabWriter.write([
            .init(name: "X", dimensions: [32, 32, 3, range.count], bytes: SVHN.columnMajor(pixels)),
            .init(name: "y", dimensions: [range.count, 1], bytes: labels),
        ])
    }
}
