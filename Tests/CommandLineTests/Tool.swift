import Foundation
import Testing

/// The built executable, beside the test bundle.
enum Tool {
    static let path: String = {
        let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        return tests.deletingLastPathComponent().appendingPathComponent("fce").path
    }()

    /// In place of the user's folder of caches; removed in the end.
    private static let caches: String = {
        atexit { try? FileManager.default.removeItem(atPath: Tool.cacheFolder) }
        return cacheFolder
    }()
    private static let cacheFolder = NSTemporaryDirectory() + "fce-tests-caches-\(getpid())"

    struct Output {
        let status: Int32
        let out: String
        let err: String

        /// Standard output as JSON; throws where it is not.
        func json() throws -> Any { try JSONSerialization.jsonObject(with: Data(out.utf8)) }
        func object() throws -> [String: Any] { try #require(try json() as? [String: Any]) }
    }

    /// Runs `fce` to its end in `folder`; `environment` adds to the tests' own.
    static func run(_ arguments: String..., in folder: String, environment: [String: String] = [:]) throws
        -> Output
    {
        try start(arguments, in: folder, environment: environment).finish()
    }

    /// Runs a script of `sh` in `folder`, in which `$FCE` is the executable: for arguments and names that are no text.
    static func shell(_ script: String, in folder: String) throws -> Output {
        try Running(["sh", "-c", script], in: folder, environment: ["FCE": path]).finish()
    }

    /// - Parameter wrapper: a program that starts `fce`, such as `nohup`, with its own arguments.
    static func start(
        _ arguments: [String], in folder: String, environment: [String: String] = [:], wrapper: [String] = []
    ) throws -> Running {
        try Running(wrapper + [path] + arguments, in: folder, environment: environment)
    }

    /// Runs the command that an error advises, as a user would copy it.
    static func follow(_ command: some StringProtocol, in folder: String) throws -> Output {
        let shell = "fce() { exec '\(path)' \"$@\"; }; \(command)"
        return try Running(["sh", "-c", shell], in: folder, environment: [:]).finish()
    }

    /// A process whose output goes to files, so that it never waits for a reader.
    final class Running {
        private let process = Process()
        private let folder: String
        private let name = UUID().uuidString

        fileprivate init(_ arguments: [String], in folder: String, environment: [String: String]) throws {
            self.folder = folder
            let isProgram = arguments[0] == Tool.path
            process.executableURL = URL(fileURLWithPath: isProgram ? Tool.path : "/usr/bin/env")
            process.arguments = isProgram ? Array(arguments.dropFirst()) : arguments
            process.currentDirectoryURL = URL(fileURLWithPath: folder)
            let own = ["XDG_CACHE_HOME": Tool.caches].merging(environment) { $1 }
            process.environment = ProcessInfo.processInfo.environment.merging(own) { $1 }
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = try Self.file("\(folder)/.\(name).out")
            process.standardError = try Self.file("\(folder)/.\(name).err")
            try process.run()
        }

        private static func file(_ path: String) throws -> FileHandle {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
            return try #require(FileHandle(forWritingAtPath: path))
        }

        var isRunning: Bool { process.isRunning }

        func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

        /// Waits until `path` exists or the process ends; true when it exists.
        func waits(for path: String) -> Bool {
            while process.isRunning {
                if FileManager.default.fileExists(atPath: path) { return true }
                usleep(500)
            }
            return FileManager.default.fileExists(atPath: path)
        }

        /// Waits until the process handles SIGTERM, or ends.
        func waitsForHandlers() {
            while process.isRunning {
                let status = try? String(
                    contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
                let line = status?.split(separator: "\n").first { $0.hasPrefix("SigCgt:") }
                let mask = line?.split(whereSeparator: \.isWhitespace).last.flatMap { UInt64($0, radix: 16) }
                if (mask ?? 0) >> (UInt64(SIGTERM) - 1) & 1 == 1 { return }
                usleep(500)
            }
        }

        /// Waits for the process, two minutes at most.
        func finish() throws -> Output {
            let deadline = ContinuousClock.now + .seconds(120)
            while process.isRunning && ContinuousClock.now < deadline { usleep(500) }
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
            process.waitUntilExit()
            defer { for end in ["out", "err"] { unlink("\(folder)/.\(name).\(end)") } }
            func text(_ end: String) throws -> String {
                try String(contentsOfFile: "\(folder)/.\(name).\(end)", encoding: .utf8)
            }
            return Output(status: process.terminationStatus, out: try text("out"), err: try text("err"))
        }
    }
}

/// Runs `body` with an empty folder that is removed afterwards.
func withFolder<Value>(_ body: (String) throws -> Value) throws -> Value {
    let folder = NSTemporaryDirectory() + "fce-tests-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
}

func write(_ text: String, to path: String) throws {
    try text.write(toFile: path, atomically: false, encoding: .utf8)
}

func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
