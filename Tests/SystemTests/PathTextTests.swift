import Foundation
import System
import Tensors
import TestSupport
import Testing

@testable import System

@Suite struct PathTextTests {
    @Test(arguments: [
        ("caf\u{e9} 日本", "caf\u{e9} 日本"), ("a\\b", "a\\b"), ("a\\x41", "a\\x5Cx41"),
        ("a\nb\u{1B}[2J", "a\\x0Ab\\x1B[2J"),
        ("a\u{202E}gpj.b", "a\\xE2\\x80\\xAEgpj.b"), ("a\u{85}", "a\\xC2\\x85"), ("", ""),
        ("\u{FFFD}", "\u{FFFD}"),
    ])
    func printableNamesStandForThemselves(name: String, text: String) {
        #expect(PathText.text(of: name.utf8) == text)
        #expect(PathText.bytes(of: text) == Array(name.utf8))
    }

    @Test func everyNameComesBack() {
        #expect(PathText.text(of: [0x63, 0xE9]) == "c\\xE9")
        var stream = RandomStream(RandomKey(seed: 3, purpose: .adversary))
        for _ in 0..<2000 {
            let alphabet: [UInt8] = [
                0x5C, 0x78, 0x34, 0x45, 0xE9, 0xC3, 0xA9, 0xF0, 0x9F, 0x98, 0x80, 0x0A, 0x61, 0xFF,
            ]
            let name = (0..<stream.below(12)).map { _ in alphabet[stream.below(alphabet.count)] }
            let text = PathText.text(of: name)
            guard PathText.bytes(of: text) == name, PathText.printable(text) == text else {
                Issue.record("\(name) became \(text)")
                return
            }
        }
    }

    @Test func filesOfAnyNameAreMadeListedReadAndReplaced() throws {
        try withScratch { folder in
            let path = "\(folder)/caf\\xE9/\\x1Bname"
            try Files.makeFolder("\(folder)/caf\\xE9")
            try Files.write([1], to: path)
            try Files.write([2, 3], to: path)
            #expect(try Files.list(folder) == ["caf\\xE9"])
            #expect(try Files.list("\(folder)/caf\\xE9") == ["\\x1Bname"])
            #expect(try Files.read(path) == [2, 3])
            #expect(Files.isFolder("\(folder)/caf\\xE9") && !Files.exists("\(folder)/caf\u{e9}"))
        }
    }

    /// `recipe check` looks whether a file is a table before it reads it as a recipe.
    @Test func aPipeMayBeReadTwice() throws {
        try withScratch { folder in
            let pipe = "\(folder)/pipe"
            mkfifo(pipe, 0o600)
            let writer = Process()
            writer.executableURL = URL(filePath: "/bin/sh")
            writer.arguments = ["-c", "echo text >'\(pipe)'"]
            try writer.run()
            for _ in 0..<2 { #expect(try Files.readStream(pipe) == Array("text\n".utf8)) }
            writer.waitUntilExit()
        }
    }
}
