import System

/// SVHN-10k: the first 10,000 images of SVHN's official test file, 0–6999 to train and 7000–8999 to test, cut
/// where the photograph changes. Small enough for two cores, and anyone with the official file can make it.
public enum SVHN10k {
    /// Images of the official test file that go into each part.
    static let trainRange = 0..<7000
    static let testRange = 7000..<9000
    private static let needed = 10_000

    /// How to come by the files of a folder.
    static func advice(_ directory: String) -> String {
        "get SVHN's official \(SVHN.test.description) and run `fce data svhn10k test_32x32.mat --out \(directory)`"
    }

    /// Writes `train_32x32.mat` and `test_32x32.mat` (compressed MATLAB level 5) in `directory` from SVHN's official
    /// `test_32x32.mat` at `path`; returns the paths written.
    /// Files that are there already stay: writing the same again is no error, writing others is.
    /// - Throws: `UserError(.missing)`, `UserError(.data)` for a short or damaged file, `UserError(.output)`.
    @discardableResult
    public static func make(from path: String, in directory: String) throws(UserError) -> [String] {
        let official = try SVHN.read(path, name: "svhn test")
        guard official.count >= needed else {
            throw UserError(
                .data, "holds \(official.count) images, not at least 10,000", at: path,
                advice: "give SVHN's official \(SVHN.test.description)")
        }
        let parts = [(SVHN.train, trainRange), (SVHN.test, testRange)].map { ("\(directory)/\($0.name)", $1) }
        let contents = parts.map { encode(official, $0.1) }
        try Files.makeFolder(directory)
        for ((output, _), content) in zip(parts, contents) where try Files.find(output) {
            guard try Files.read(output) != content else { continue }
            throw UserError(
                .output, "is there already and is another file", at: output,
                advice: "choose an empty folder with --out; nothing was changed")
        }
        for ((output, _), content) in zip(parts, contents) { try Files.write(content, to: output) }
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
