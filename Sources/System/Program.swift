import Foundation

/// Another program, called to its end.
package struct Program {
    package let status: Int32
    package let out: String
    package let err: String

    /// Calls a program that is found in PATH.
    ///
    /// - Parameters:
    ///   - words: its name and its arguments.
    ///   - input: what it reads.
    ///   - advice: what to do where there is no such program.
    /// - Throws: `UserError(.missing)` where it cannot be started.
    package init(_ words: [String], input: String = "", advice: String? = nil) throws(UserError) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        let (source, output, errors) = (Pipe(), Pipe(), Pipe())
        (process.standardInput, process.standardOutput, process.standardError) = (source, output, errors)
        do {
            try process.run()
        } catch {
            throw UserError(.missing, "\(words[0]) cannot be called: \(error)", advice: advice)
        }
        // A program that ends before it has read all of it says why by its exit code.
        try? source.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try? source.fileHandleForWriting.close()
        // Both pipes are emptied at once: a program that fills one would wait for ever.
        let err = Background { errors.fileHandleForReading.readDataToEndOfFile() }
        out = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        self.err = String(decoding: err.value, as: UTF8.self)
        process.waitUntilExit()
        status = process.terminationStatus
        // What `env` says of a program that it does not find.
        if status == 127 {
            throw UserError(.missing, "there is no program \(words[0]) in PATH", advice: advice)
        }
    }
}
