import System
import Tensors
import TestSupport
import Testing

@testable import Datasets

/// Damaged copies of small valid files. A reader's typed `throws(UserError)` rules out other errors; what these
/// tests add is that nothing traps, that what comes back is whole, and that messages name the file on one line.
@Suite struct HostileBytesTests {
    /// A reader, a valid file for it, and how many images the file holds.
    struct Reader: Sendable, CustomTestStringConvertible {
        let file: String
        let read: @Sendable ([UInt8]) throws(UserError) -> Int
        var testDescription: String { file }
    }

    static let readers =
        [
            svhn("svhn_compressed.mat"), svhn("svhn_plain.mat"), svhn("svhn_big_endian.mat"),
            svhn("svhn_extra_variables.mat"), images("images-idx3-ubyte"), images("images-idx3-ubyte.gz"),
            labels("labels-idx1-ubyte"), labels("labels-idx1-ubyte.gz"),
            Reader(file: "cifar10.bin") { bytes throws(UserError) in
                try CIFAR10.decode(bytes, file: "hostile", name: "x").count
            },
            picture("colour.jpg"), picture("progressive.jpg"), picture("grey.jpg"), picture("cmyk.jpg"),
            picture("colour.png"), picture("palette.png"), picture("sixteen.png"), picture("interlaced.png"),
            picture("half.png"), picture("colour.bmp"), picture("palette.bmp"), picture("bilevel.bmp"),
            picture("alpha.bmp"), numpy("images.npz"), numpy("parts.npz"),
        ] + (Picture.readsWebP ? [picture("colour.webp"), picture("half.webp"), picture("lossy.webp")] : [])

    private static func svhn(_ file: String) -> Reader {
        Reader(file: file) { bytes throws(UserError) in
            try SVHN.decode(bytes, file: "hostile", name: "x").count
        }
    }

    private static func images(_ file: String) -> Reader {
        Reader(file: file) { bytes throws(UserError) in try IDX(bytes, rank: 3, file: "hostile").dimensions[0]
        }
    }

    private static func labels(_ file: String) -> Reader {
        Reader(file: file) { bytes throws(UserError) in try IDX(bytes, rank: 1, file: "hostile").dimensions[0]
        }
    }

    private static func picture(_ file: String) -> Reader {
        Reader(file: file) { bytes throws(UserError) in
            try Picture.decode(bytes, file: "hostile").thumbnail(size: 4, channels: 3).count
        }
    }

    private static func numpy(_ file: String) -> Reader {
        Reader(file: file) { bytes throws(UserError) in
            try NumPyParts(try NumPyArchive(bytes, file: "hostile")).sets.reduce(0) { $0 + $1.labels.count }
        }
    }

    /// What is wrong with the outcome of reading `bytes`, or nil.
    private func complaint(_ reader: Reader, _ bytes: [UInt8], mayPass: Bool) -> String? {
        do throws(UserError) {
            let count = try reader.read(bytes)
            return mayPass && count > 0 ? nil : "accepted \(bytes.count) bytes"
        } catch {
            let text = error.description
            let clear =
                error.kind == .data && error.place?.hasPrefix("hostile") == true && error.advice != nil
            return clear && !text.contains("\n") ? nil : text
        }
    }

    @Test(arguments: readers)
    func everyTruncationIsRefused(reader: Reader) throws {
        let bytes = try Fixtures.bytes(reader.file)
        #expect(try reader.read(bytes) > 0)
        // Whole records of CIFAR-10 are a valid shorter file.
        let complaints = (0..<bytes.count).lazy
            .filter { reader.file != "cifar10.bin" || $0 % CIFAR10.recordSize != 0 || $0 == 0 }
            .compactMap { complaint(reader, Array(bytes.prefix($0)), mayPass: false) }
        #expect(complaints.first == nil)
    }

    @Test(arguments: readers)
    func mutationsNeverTrap(reader: Reader) throws {
        let bytes = try Fixtures.bytes(reader.file)
        var stream = RandomStream(RandomKey(seed: 20, purpose: .adversary))
        for round in 0..<2000 {
            var mutant = bytes
            // Headers decide most, so half the damage goes to the first bytes.
            let reach = round % 2 == 0 ? bytes.count : min(bytes.count, 256)
            for _ in 0...stream.below(4) {
                let extreme: [UInt8] = [0, 1, 0x7F, 0x80, 0xFF]
                let value = stream.below(2) == 0 ? extreme[stream.below(5)] : UInt8(stream.below(256))
                mutant[stream.below(reach)] = value
            }
            if stream.below(8) == 0 { mutant.append(contentsOf: bytes.prefix(stream.below(64))) }
            if let complaint = complaint(reader, mutant, mayPass: true) {
                Issue.record("round \(round): \(complaint)")
                return
            }
        }
    }

    @Test(arguments: readers)
    func noiseIsRefused(reader: Reader) {
        var stream = RandomStream(RandomKey(seed: 21, purpose: .adversary))
        for length in [0, 1, 7, 127, 128, 136, 1000] {
            let noise = (0..<length).map { _ in UInt8(stream.below(256)) }
            #expect(complaint(reader, noise, mayPass: false) == nil, "\(length) bytes")
        }
    }

    /// Most damage leaves a table that can be read, of other paths.
    @Test func mutatedTablesNeverTrap() throws {
        let table =
            "path,label,split\na/1.jpg,\"cat, big\",train\nb.png,dog,test\r\n\nc.png,,val\nd.png,\"a\"\"b\",\n"
        let reader = Reader(file: "table") { bytes throws(UserError) in
            try LabelFile.catalogue(bytes, file: "hostile").train.count
        }
        var stream = RandomStream(RandomKey(seed: 22, purpose: .adversary))
        for round in 0..<5000 {
            var mutant = Array(table.utf8.prefix(1 + stream.below(table.utf8.count)))
            for _ in 0...stream.below(4) {
                let byte =
                    stream.below(2) == 0 ? Array("\",\n\r\0".utf8)[stream.below(5)] : UInt8(stream.below(256))
                mutant[stream.below(mutant.count)] = byte
            }
            if let complaint = complaint(reader, mutant, mayPass: true) {
                Issue.record("round \(round): \(complaint)")
                return
            }
        }
    }

    @Test func deflateBombIsRefusedBeforeAllocation() throws {
        // 4 GB of numbers claimed by an element that has 60 bytes to inflate from.
        let header = Array(try Fixtures.bytes("svhn_plain.mat").prefix(128))
        var inner: [UInt8] = [14, 0, 0, 0, 0xF8, 0xFF, 0xFF, 0xFF]
        inner += [6, 0, 0, 0, 8, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0]
        inner += [5, 0, 0, 0, 8, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF, 0, 0]
        inner += [1, 0, 1, 0, 0x58, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0xF0, 0xFF]
        let compressed = deflated(inner)
        let element: [UInt8] = [15, 0, 0, 0, UInt8(compressed.count), 0, 0, 0]
        let error = userError { () throws(UserError) in
            _ = try SVHN.decode(header + element + compressed, file: "bomb", name: "x")
        }
        #expect(error?.kind == .data)
    }
}
