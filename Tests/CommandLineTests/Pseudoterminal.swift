import Foundation
import Testing

extension Tool {
    /// What `fce` writes to a terminal of so many columns, to its end; line ends as the terminal gets them.
    static func onTerminal(_ arguments: [String], columns: Int, in folder: String) throws -> String {
        var (master, slave): (Int32, Int32) = (0, 0)
        var size = winsize(ws_row: 50, ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        try #require(openpty(&master, &slave, nil, nil, &size) == 0)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = ProcessInfo.processInfo.environment.merging(["TERM": "xterm"]) { $1 }
        let terminal = FileHandle(fileDescriptor: slave, closeOnDealloc: false)
        process.standardInput = FileHandle.nullDevice
        (process.standardOutput, process.standardError) = (terminal, terminal)
        try process.run()
        close(slave)
        defer { close(master) }
        var text: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(master, &bytes, bytes.count)
            // A terminal that nobody holds any more is an error, not an end.
            guard count > 0 else { break }
            text += bytes[..<count]
        }
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: text, as: UTF8.self)
    }
}
