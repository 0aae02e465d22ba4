import Foundation
import System

/// A reader of files that somebody else may have written, as a fuzzer and the regression tests call it.
public struct FuzzTarget: Sendable {
    public let name: String
    /// The longest inputs that the fuzzer tries; in longer ones it finds nothing new.
    public let longest: Int
    /// The most bytes of heap that reading a file may take: `fixedBytes`, and `bytesPerByte` for each byte of the file.
    public let fixedBytes: Int
    public let bytesPerByte: Int
    /// Reads the file at `path`. Any error but a `UserError` is a finding.
    private let read: @Sendable (_ path: String) throws -> Void
    /// The input's name in the folder in which it lies alone.
    private let fileName: String

    init(
        _ name: String, file: String, longest: Int = 4096, fixedBytes: Int = 1 << 20, bytesPerByte: Int,
        _ read: @escaping @Sendable (_ path: String) throws -> Void
    ) {
        (self.name, self.longest, fileName) = (name, longest, file)
        (self.fixedBytes, self.bytesPerByte) = (fixedBytes, bytesPerByte)
        self.read = read
    }

    /// Every reader.
    public static let all = data + runs

    /// What a reader did that none may do.
    public struct Finding: Error, CustomStringConvertible {
        public let description: String
    }

    /// Reads `bytes` as a file in `folder`, which is empty or was used for the same before.
    ///
    /// - Returns: what the reader says is wrong with the file; nil where it takes it.
    /// - Throws: ``Finding`` for an error that is not one line that names the file.
    @discardableResult
    public func run(_ bytes: UnsafeBufferPointer<UInt8>, in folder: String) throws -> UserError? {
        let path = "\(folder)/\(fileName)"
        try Self.write(bytes, to: path)
        do {
            try read(path)
            return nil
        } catch let error as UserError {
            guard let place = error.place, place.contains(folder) || place.contains(fileName) else {
                throw Finding(description: "the error does not name the file: \(error)")
            }
            let text = error.description
            guard PathText.printable(text) == text else {
                throw Finding(description: "the error is not one line of printable text: \(error)")
            }
            return error
        } catch {
            throw Finding(description: "not a UserError: \(error)")
        }
    }

    private static func write(_ bytes: UnsafeBufferPointer<UInt8>, to path: String) throws {
        let descriptor = Files.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
        guard descriptor >= 0 else { throw Finding(description: "cannot write \(path)") }
        defer { close(descriptor) }
        guard SystemCall.writeAll(UnsafeRawBufferPointer(bytes), to: descriptor) else {
            throw Finding(description: "cannot write \(path)")
        }
    }
}
