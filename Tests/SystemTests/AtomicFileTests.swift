import Foundation
import System
import TestSupport
import Testing

@testable import System

@Suite struct AtomicFileTests {
    private func text(_ path: String) throws -> String {
        String(decoding: try Files.read(path), as: UTF8.self)
    }

    @Test func aLinkLeadsToTheFileThatIsReplaced() throws {
        try withScratch { folder in
            try AtomicFile.write("old", to: "\(folder)/file")
            try FileManager.default.createDirectory(
                atPath: "\(folder)/links", withIntermediateDirectories: false)
            let link = "\(folder)/links/link"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "../file")
            try AtomicFile.write("new", to: link)
            #expect(try text("\(folder)/file") == "new")
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "../file")
            #expect(try Files.list(folder) == ["file", "links"])
        }
    }

    @Test func nothingButAPlainFileIsReplaced() throws {
        try withScratch { folder in
            let pipe = "\(folder)/pipe"
            try #require(mkfifo(pipe, 0o600) == 0)
            for path in [pipe, folder] {
                let error = userError { () throws(UserError) in try Files.write([1], to: path) }
                #expect(error?.kind == .output && error?.place == path)
            }
            #expect(try Files.list(folder) == ["pipe"])
        }
    }

    @Test func aFailureLeavesTheOldFileAndNothingElse() throws {
        try withScratch { folder in
            try AtomicFile.write("old", to: "\(folder)/file")
            #expect(throws: CocoaError.self) {
                try AtomicFile.write(to: "\(folder)/file") { _ in throw CocoaError(.fileNoSuchFile) }
            }
            #expect(try text("\(folder)/file") == "old")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["file"])
        }
    }
}
