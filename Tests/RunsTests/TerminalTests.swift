import Testing

@testable import Benchmarks
@testable import Costs
@testable import Evaluation
@testable import Methods
@testable import Recipes
@testable import Runs
@testable import Tables
@testable import Training

@Suite struct TerminalTests {
    @Test func columnsAreCountedNotCharacters() {
        #expect(TerminalText.width("abc") == 3 && TerminalText.width("") == 0)
        #expect(TerminalText.width("日本") == 4)
        // A letter with its accent apart, and a picture that is asked for in colour.
        #expect(TerminalText.width("e\u{301}a") == 2)
        #expect(TerminalText.width("❤\u{FE0F}") == 2)
        #expect(TerminalText.cut("日本語", to: 5) == "日本")
        #expect(TerminalText.shortened("abcdef", to: 4) == "abc…")
        #expect(TerminalText.shortened("abcd", to: 4) == "abcd")
        #expect(TerminalText.padded("日本", to: 6) == "日本  ")
        #expect(TerminalText.padded("7", to: 3, isRight: true) == "  7")
    }

    @Test func textIsBrokenBetweenWords() {
        let text = "one two three  four\nfive"
        #expect(TerminalText.wrapped(text, to: 9) == ["one two", "three", "four five"])
        #expect(TerminalText.wrapped("a /long/path b", to: 5) == ["a", "/long", "/path", "b"])
        #expect(TerminalText.wrapped("", to: 9) == [""])
    }

    @Test func aCurveIsALine() {
        #expect(Sparkline.text([0, 1, 2, 3, 4, 5, 6, 7], width: 20) == "▁▂▃▄▅▆▇█")
        #expect(Sparkline.text([8, 8, 0, 0], width: 2) == "█▁")
        #expect(Sparkline.text([1, .nan, 1], width: 9) == "▅▅")
        #expect(Sparkline.text([.nan], width: 9) == "" && Sparkline.text([1], width: 0) == "")
    }
}
