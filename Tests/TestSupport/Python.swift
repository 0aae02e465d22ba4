import Foundation

/// Python beside the tests: scripts that read what the package writes. Tests skip where it, or a module, is missing.
public enum Python {
    public static let hasNumPy = has("numpy", "tomllib")
    public static let hasONNXRuntime = has("numpy", "onnxruntime")

    /// The repository's folder.
    public static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// Runs `python3` with `arguments` and gives its exit status with what it printed, to either output.
    public static func run(_ arguments: String...) throws -> (status: Int32, text: String) {
        let (process, pipe) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        (process.standardOutput, process.standardError) = (pipe, pipe)
        process.standardInput = FileHandle.nullDevice
        // No folder of compiled modules in the checkout.
        process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONDONTWRITEBYTECODE": "1"]) {
            $1
        }
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }

    private static func has(_ modules: String...) -> Bool {
        (try? run("-c", "import " + modules.joined(separator: ", ")))?.status == 0
    }
}
