import CFuzzing
import Foundation
import FuzzTargets

/// `Fuzzer TARGET [libFuzzer's options and folders]` fuzzes one reader. `Fuzzer list` prints all of them with the longest
/// inputs to try. `Fuzzer seeds FOLDER` writes the files to begin with; it is run in the package's folder.
@main
enum Fuzz {
    /// libFuzzer's callback is a C function, which knows globals only.
    nonisolated(unsafe) private static var target = FuzzTarget.all[0]
    nonisolated(unsafe) private static var folder = ""

    static func main() throws {
        var arguments = CommandLine.arguments
        if arguments.count == 3, arguments[1] == "seeds" {
            return try Seeds.write(to: arguments[2], package: ".")
        }
        guard arguments.count > 1, let found = FuzzTarget.all.first(where: { $0.name == arguments[1] }) else {
            for target in FuzzTarget.all { print(target.name, target.longest) }
            exit(arguments.count > 1 && arguments[1] == "list" ? 0 : 64)
        }
        target = found
        arguments.remove(at: 1)
        folder = "/dev/shm/fce-fuzzer-\(getpid())"
        mkdir(folder, 0o700)
        atexit { try? FileManager.default.removeItem(atPath: Fuzz.folder) }
        // What is made once: runs to resume, tables of classes, caches of the libraries.
        for _ in 0..<2 { read(UnsafeBufferPointer(start: nil, count: 0)) }
        guard cfuzzing_count_memory() != 0 else { fail("the sanitizer does not count memory") }
        var words = arguments.map { strdup($0) } + [nil]
        words.withUnsafeMutableBufferPointer { buffer in
            var (count, start) = (Int32(arguments.count), buffer.baseAddress)
            exit(LLVMFuzzerRunDriver(&count, &start, { fuzzerInput($0, $1) }))
        }
    }

    fileprivate static func run(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
        let input = UnsafeBufferPointer(start: bytes, count: count)
        cfuzzing_reset_peak()
        read(input)
        let (peak, limit) = (cfuzzing_peak(), target.fixedBytes + target.bytesPerByte * count)
        if peak > limit { fail("\(peak) bytes of heap for \(count) bytes, more than \(limit)") }
        return 0
    }

    private static func read(_ input: UnsafeBufferPointer<UInt8>) {
        do { try target.run(input, in: folder) } catch { fail("\(error)") }
    }

    private static func fail(_ what: String) -> Never {
        FileHandle.standardError.write(Data("FINDING in \(target.name): \(what)\n".utf8))
        abort()
    }
}

/// The name under which libFuzzer's own main, which the linker takes in, looks for the callback.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzerInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 { Fuzz.run(bytes, count) }
