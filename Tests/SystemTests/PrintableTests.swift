import Foundation
import Testing

@testable import System

/// What comes from files of strangers stays on its line of a terminal.
@Suite struct PrintableTests {
    private func printed(_ json: String) throws -> [String: String] {
        try JSONDecoder().decode([String: String].self, from: Data(printableJSON(Array(json.utf8))))
    }

    @Test(arguments: [
        (#"{"a": "plain \" \\ é \u00e9 \/"}"#, #"plain " \ é é /"#),
        (#"{"a": "\u001b[2J"}"#, #"\x1B[2J"#),
        (#"{"a": "x\ny\t\b"}"#, #"x\x0Ay\x09\x08"#),
        ("{\"a\": \"\u{7F}\u{9B}\u{202E}\"}", #"\x7F\xC2\x9B\xE2\x80\xAE"#),
        (#"{"a": "\ud83d\ude00"}"#, "😀"),
        (#"{"a": "\\u001b"}"#, #"\u001b"#),
    ])
    func stringsOfJSONBecomePrintable(json: String, expected: String) throws {
        #expect(try printed(json)["a"] == expected)
    }

    @Test(arguments: ["", "{", #"{"a": "\"#, #"{"a": "\u00"#, "\u{1B}", #"["\uZZZZ"]"#, #"{"a":"\ud83d"}"#])
    func brokenJSONStaysBroken(json: String) {
        let bytes = printableJSON(Array(json.utf8))
        #expect((try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) == nil)
    }

    @Test func anErrorIsOneLine() {
        let error = UserError(.data, "holds \u{1B}[2J", at: "a\nb", advice: "look at it")
        #expect(error.description == #"a\x0Ab: holds \x1B[2J; look at it"#)
    }

    @Test func numbersThatAreNotFiniteAreFoundInEveryType() {
        let bits: [UInt16] = [0x3F80, 0x7FC0]
        let half = SafetensorsEntry(
            type: .BF16, shape: [2], bytes: bits.withUnsafeBytes { ArraySlice(Array($0)) })
        #expect(!half.isFinite)
        #expect(!SafetensorsEntry(floats: [1, -.infinity], shape: [2]).isFinite)
        #expect(!SafetensorsEntry(doubles: [.nan], shape: [1]).isFinite)
        #expect(SafetensorsEntry(doubles: [.greatestFiniteMagnitude], shape: [1]).isFinite)
        #expect(SafetensorsEntry(int64s: [-1], shape: [1]).isFinite)
        let file = SafetensorsFile(tensors: ["b": half, "a": .init(floats: [.nan], shape: [1])])
        #expect(file.nonFiniteTensor == "a")
    }
}
