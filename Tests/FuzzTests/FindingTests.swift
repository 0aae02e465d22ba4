import Foundation
import FuzzTargets
import System
import TestSupport
import Testing

/// Inputs on which a reader once failed, in a folder for each reader. They are as small as the fuzzer could make them.
@Suite(.serialized) struct FindingTests {
    private static let folder = "\(package)/Tests/FuzzTests/Findings"

    @Test(arguments: FuzzTarget.all)
    func isReadOrRefusedInOneLine(target: FuzzTarget) throws {
        let inputs = "\(Self.folder)/\(target.name)"
        let names = Files.exists(inputs) ? try Files.list(inputs) : []
        try withScratch { scratch in
            // Whatever a reader is, these are no file of its kind. Of progress that cannot be read nothing is shown, and lines of
            // metrics may be torn.
            let isRead = ["progress", "metrics"].contains(target.name)
            for bytes in [[], [0x0A], [UInt8](repeating: 0xFF, count: 64)] where !isRead {
                #expect(try bytes.withUnsafeBufferPointer { try target.run($0, in: scratch) } != nil)
            }
            for name in names {
                let bytes = try Files.read("\(inputs)/\(name)")
                #expect(throws: Never.self, "\(name)") {
                    try bytes.withUnsafeBufferPointer { try target.run($0, in: scratch) }
                }
            }
        }
    }

    @Test(arguments: FuzzTarget.all)
    func seedsAreRead(target: FuzzTarget) throws {
        let seeds = try Seeds.seeds(of: target.name, package: package)
        #expect(!seeds.isEmpty)
        // The page of a recipe that is no recipe shows all of TOML.
        let valid = target.name == "recipe" ? Array(seeds.dropFirst(2)) : seeds
        try withScratch { scratch in
            for (index, bytes) in valid.enumerated() {
                let error = try bytes.withUnsafeBufferPointer { try target.run($0, in: scratch) }
                #expect(error == nil, "seed \(index)")
            }
        }
    }

    /// A folder that no reader has would be read by nobody.
    @Test func everyFolderIsOfAReader() throws {
        #expect(Set(try Files.list(Self.folder)).subtracting(FuzzTarget.all.map(\.name)) == [])
    }
}
