import Foundation
import System

/// Runs `body` with an empty folder that is removed afterwards.
public func withScratch<Value>(_ body: (String) throws -> Value) throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appending(path: "fce-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
}

/// The error that `body` throws; nil where it throws none.
public func userError(_ body: () throws(UserError) -> Void) -> UserError? {
    do {
        try body()
        return nil
    } catch {
        return error
    }
}

/// The package's folder.
public let package = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

/// The path of a file in `Tests/Golden`.
public func golden(_ name: String) -> String { "\(package)/Tests/Golden/\(name)" }
