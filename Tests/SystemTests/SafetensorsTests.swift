import Foundation
import System
import Tensors
import TestSupport
import Testing

@testable import System

/// A file's bytes from the text of its header and the number of bytes after it.
private func file(_ header: String, data: Int = 0) -> [UInt8] {
    let json = Array(header.utf8)
    return (0..<8).map { UInt8(truncatingIfNeeded: UInt64(json.count) >> (8 * $0)) } + json
        + [UInt8](repeating: 0, count: data)
}

private func tensor(_ name: String, _ type: String, _ shape: String, _ begin: Int, _ end: Int) -> String {
    "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":[\(begin),\(end)]}"
}

private let goldenFile = SafetensorsFile(
    metadata: ["format": "π \"1\"\n"],
    tensors: [
        "weights": SafetensorsEntry(floats: [0, 0.25, 0.5, 0.75, 1, 1.25], shape: [2, 3]),
        "scalar": SafetensorsEntry(doubles: [-1.5], shape: []),
        "labels": SafetensorsEntry(int32s: [3, -1, 7], shape: [3]),
        "step": SafetensorsEntry(int64s: [1 << 40 + 1], shape: [1]),
        "mask": SafetensorsEntry(type: .U8, shape: [3], bytes: [0, 1, 255]),
        "empty": SafetensorsEntry(floats: [], shape: [0, 4]),
    ])

@Suite struct SafetensorsTests {
    @Test func readsWhatPythonWrites() throws {
        let file = try SafetensorsFile(path: golden("safetensors.safetensors"))
        #expect(file.metadata == goldenFile.metadata)
        #expect(file.tensors["weights"]?.floats() == [0, 0.25, 0.5, 0.75, 1, 1.25])
        #expect(file.tensors["weights"]?.shape == [2, 3])
        #expect(file.tensors["scalar"]?.doubles() == [-1.5])
        #expect(file.tensors["scalar"]?.shape == [])
        #expect(file.tensors["labels"]?.integers() == [3, -1, 7])
        #expect(file.tensors["step"]?.integers() == [1 << 40 + 1])
        #expect(file.tensors["mask"]?.doubles() == [0, 1, 255])
        #expect(file.tensors["empty"]?.floats() == [])
        #expect(file.tensors.count == 6)
    }

    @Test func writesTheBytesThatPythonWrites() throws {
        try withScratch { folder in
            try goldenFile.write(to: "\(folder)/x.safetensors")
            let ours = Files.contents("\(folder)/x.safetensors")
            #expect(ours == Files.contents(golden("safetensors.safetensors")))
        }
    }

    @Test func bfloat16IsWidened() {
        let entry = SafetensorsEntry(type: .BF16, shape: [2], bytes: [0x80, 0x3F, 0x20, 0xC0])
        #expect(entry.floats() == [1, -2.5])
        #expect(entry.integers() == nil)
        #expect(SafetensorsEntry(doubles: [1], shape: [1]).floats() == nil)
    }

    @Test(
        arguments: [
            ([], "hold no header"),
            (file("{}").dropLast(), "ends within its header"),
            (file("{}", data: 1), "1 bytes too many"),
            (file(""), "does not begin with {"),
            (file(" {}"), "does not begin with {"),
            (file("[]"), "does not begin with {"),
            (file("{\"a\":3}"), "is not described by"),
            (file("{}x"), "not the JSON"),
            (file("{\"a\u{1}\":3}"), "not the JSON"),
            (file("{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":1}}}}}"), "not the JSON"),
            (file("{\"a\\ud800\":1}"), "not the JSON"),
            (
                [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7B],
                "a header of 18446744073709551615 bytes"
            ),
            ([1, 0xE1, 0xF5, 5, 0, 0, 0, 0, 0x7B], "a header of 100000001 bytes"),
            ([3, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0xFF, 0x7D], "not UTF-8"),
            (file("{\"__metadata__\":{\"a\":1}}"), "not a string"),
            (file("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}"), "occurs twice"),
            (
                file(
                    "{" + tensor("a", "F32", "[1]", 0, 4) + "," + tensor("a", "F32", "[1]", 0, 4) + "}",
                    data: 4),
                "occurs twice"
            ),
            (file("{" + tensor("a", "F32", "[1]", 0, 4) + "}", data: 3), "1 bytes are missing"),
            (file("{" + tensor("a", "F31", "[1]", 0, 4) + "}", data: 4), "has the type F31"),
            (file("{" + tensor("a", "F32", "[2]", 0, 4) + "}", data: 4), "has 8 bytes, but offsets 0 to 4"),
            (file("{" + tensor("a", "F32", "[1]", 4, 0) + "}", data: 4), "has 4 bytes, but offsets 4 to 0"),
            (file("{" + tensor("a", "F32", "[-1]", 0, 4) + "}", data: 4), "not the JSON"),
            (file("{" + tensor("a", "F32", "[1.0]", 0, 4) + "}", data: 4), "not the JSON"),
            (file("{" + tensor("a", "F32", "[4611686018427387904, 4]", 0, 0) + "}"), "overflows"),
            (file("{" + tensor("a", "F32", "[99999999999999999999]", 0, 0) + "}"), "not the JSON"),
            (
                file(
                    "{" + tensor("a", "U8", "[2]", 0, 2) + "," + tensor("b", "U8", "[2]", 1, 3) + "}", data: 3
                ),
                "overlaps"
            ),
            (
                file(
                    "{" + tensor("a", "U8", "[2]", 0, 2) + "," + tensor("b", "U8", "[1]", 3, 4) + "}", data: 4
                ),
                "hole"
            ),
            (
                file(
                    "{" + tensor("a", "U8", "[2]", 0, 2) + "," + tensor("b", "F32", "[1]", 2, 6) + "}",
                    data: 6),
                "not aligned"
            ),
        ] as [([UInt8], String)])
    func rejectsWhatTheFormatForbids(bytes: [UInt8], what: String) {
        let error = #expect(throws: UserError.self) { try SafetensorsFile(bytes: bytes, name: "x") }
        #expect(error?.kind == .data)
        #expect(error?.what.contains(what) == true, "\(error?.what ?? "")")
    }

    /// Every truncation is refused; a changed byte is refused or read as another valid file.
    @Test func hostileBytesNeverCrash() throws {
        let whole = try #require(Files.contents(golden("safetensors.safetensors")))
        let accepted = whole.indices.filter { length in
            (try? SafetensorsFile(bytes: Array(whole[..<length]), name: "x")) != nil
        }
        #expect(accepted.isEmpty)
        var stream = RandomStream(RandomKey(seed: 1, purpose: .noise))
        var refused = 0
        for _ in 0..<5000 {
            var bytes = whole
            for _ in 0...stream.below(3) { bytes[stream.below(bytes.count)] = UInt8(stream.below(256)) }
            do {
                let file = try SafetensorsFile(bytes: bytes, name: "x")
                // Whatever is accepted is consistent: its tensors cover the bytes they claim.
                let total = file.tensors.values.reduce(0) { $0 + $1.bytes.count }
                if total != 55 { Issue.record("accepted \(total) bytes of tensors") }
            } catch let error as UserError where error.kind == .data { refused += 1 }
        }
        #expect(refused > 1000)
    }

    @Test func filesThatCannotBeReadAreMissing() {
        #expect(throws: UserError.self) { try SafetensorsFile(path: "/no/such/file") }
        let folder = #expect(throws: UserError.self) { try SafetensorsFile(path: "/") }
        #expect(folder?.kind == .missing)
    }

    /// A limit on file sizes makes writes fail half-way, as a full disk does; it holds for the whole process, so
    /// this runs in its own.
    @Test func fullDiskKeepsTheOldFile() async {
        await #expect(processExitsWith: .success) {
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fce-\(getpid())").path
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let path = "\(folder)/x.safetensors"
            let small = SafetensorsFile(metadata: ["a": "b"])
            try small.write(to: path)
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 4096, rlim_max: 4096)
            setrlimit(__rlimit_resource_t(UInt32(RLIMIT_FSIZE.rawValue)), &limit)
            let entry = SafetensorsEntry(floats: [Float](repeating: 1, count: 10000), shape: [10000])
            let error = #expect(throws: UserError.self) {
                try SafetensorsFile(tensors: ["w": entry]).write(to: path)
            }
            #expect(error?.kind == .output)
            #expect(try SafetensorsFile(path: path) == small)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["x.safetensors"])
        }
    }

    @Test func deviceWithoutSpaceIsReported() {
        let descriptor = open("/dev/full", O_WRONLY)
        defer { close(descriptor) }
        #expect([UInt8](repeating: 0, count: 10).withUnsafeBytes { !SystemCall.writeAll($0, to: descriptor) })
    }
}
