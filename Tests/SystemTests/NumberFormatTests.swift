import Testing

@testable import System

@Suite struct NumberFormatTests {
    @Test func numbersHaveAFixedNumberOfDecimals() {
        #expect(fixed(2.34567, 3) == "2.346" && fixed(2, 1, "nats") == "2.0 nats")
        #expect(fixed(-0.001, 2) == "0.00" && fixed(-0.006, 2) == "-0.01")
        #expect(fixed(nil, 2, "nats") == "–" && fixed(.nan, 2) == "–" && fixed(.infinity, 2, "%") == "–")
    }

    @Test func differencesHaveASign() {
        #expect(signed(0.516, 2) == "+0.52" && signed(-0.31, 2) == "−0.31" && signed(0, 1) == "+0.0")
        #expect(signed(nil, 2) == "–")
    }

    @Test func sharesArePercent() {
        #expect(percent(0.12345) == "12.35" && percent(1, 0) == "100" && percent(nil) == "–")
        #expect(percentText(0.12345) == "12.35 %" && percentText(0.5, 0) == "50 %")
        #expect(percentText(nil) == "–")
    }

    @Test func digitsAreGrouped() {
        #expect(grouped(0) == "0" && grouped(999) == "999" && grouped(1000) == "1\u{202F}000")
        #expect(grouped(-1_234_567) == "−1\u{202F}234\u{202F}567")
    }

    @Test func durationsAreToldAsPeopleSayThem() {
        #expect(duration(9.94) == "9.9 s" && duration(48.4) == "48 s" && duration(99.6) == "2 min")
        #expect(duration(7500) == "2 h 05 min" && duration(-1) == "–" && duration(nil) == "–")
        #expect(clockTime(3723.4) == "1:02:03" && clockTime(59.6) == "1:00" && clockTime(.nan) == "-")
    }
}

@Suite struct QuotingTests {
    @Test func fieldsOfCSVAreQuotedWhereTheyMustBe() {
        #expect(csvQuoted("a b") == "a b" && csvQuoted("a,b") == "\"a,b\"")
        #expect(csvQuoted("a \"b\"") == "\"a \"\"b\"\"\"")
        // A carriage return with a line feed is one character.
        #expect(csvQuoted("a\r\nb") == "\"a\r\nb\"" && csvQuoted("a\nb") == "\"a\nb\"")
    }

    @Test func stringsAreEscapedAsTheirFormatWants() {
        #expect(jsonQuoted("a\"\\\n\r\t\u{1}\u{7F}é") == "\"a\\\"\\\\\\n\\r\\t\\u0001\u{7F}é\"")
        #expect(tomlQuoted("a\"\\\n\r\t\u{7F}é") == "\"a\\\"\\\\\\n\\u000d\\t\\u007fé\"")
        #expect(yamlQuoted("a\n\"b\"") == "\"a \\\"b\\\"\"")
    }

    @Test func wordsOfAShellAreQuotedWhereTheyMustBe() {
        #expect(shellQuoted(["fce", "--out", "a b", "it's", ""]) == "fce --out 'a b' 'it'\\''s' ''")
    }
}
