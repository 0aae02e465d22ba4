import Foundation
import System
import TestSupport
import Testing

@testable import Benchmarks
@testable import Costs
@testable import Evaluation
@testable import Methods
@testable import Recipes
@testable import Runs
@testable import Tables
@testable import Training

@Suite struct RunLockTests {
    /// Another process holds the lock through the flock of util-linux.
    @Test func secondProcessIsRefused() throws {
        try withScratch { folder in
            let path = "\(folder)/lock"
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            // `exec` keeps the process, and with it the number and the lock.
            process.arguments = [
                "-c", "exec 9>'\(path)'; flock -n 9 && echo $$ >&9 && echo held; exec sleep 60",
            ]
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            #expect(output.fileHandleForReading.readData(ofLength: 5) == Data("held\n".utf8))
            let error = #expect(throws: UserError.self) { try RunLock(path: path) }
            #expect(error?.kind == .busy)
            #expect(error?.what == "process \(process.processIdentifier) is training in this run directory")
            process.terminate()
            process.waitUntilExit()
            _ = try RunLock(path: path)
        }
    }

    @Test func lockIsSeenByOthersAndReleased() throws {
        try withScratch { folder in
            let path = "\(folder)/lock"
            func othersGetIt() throws -> Bool {
                let process = try Process.run(
                    URL(fileURLWithPath: "/usr/bin/env"), arguments: ["flock", "-n", path, "true"])
                process.waitUntilExit()
                return process.terminationStatus == 0
            }
            do {
                let lock = try RunLock(path: path)
                #expect(try !othersGetIt())
                let error = #expect(throws: UserError.self) { try RunLock(path: path) }
                #expect(error?.what.contains("process \(getpid()) ") == true)
                withExtendedLifetime(lock) {}
            }
            #expect(try othersGetIt())
        }
    }

    /// A child process has the descriptor too until it runs its program.
    @Test func lockIsGivenUpWhereAChildHasTheDescriptor() throws {
        try withScratch { folder in
            let path = "\(folder)/lock"
            var lock: RunLock? = try RunLock(path: path)
            let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
            let own = descriptors.first { name in
                let link = "/proc/self/fd/\(name)"
                return (try? FileManager.default.destinationOfSymbolicLink(atPath: link))?.hasSuffix(path)
                    == true
            }
            let child = dup(try #require(own.flatMap { Int32($0) }))
            defer { close(child) }
            withExtendedLifetime(lock) {}
            lock = nil
            _ = try RunLock(path: path)
        }
    }
}
