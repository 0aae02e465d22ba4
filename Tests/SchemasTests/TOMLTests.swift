import System
import Testing

@testable import Schemas

/// What is wrong with `text`; nil where it is a document.
private func failure(_ text: String) -> UserError? {
    do {
        _ = try TOMLDocument(text.utf8, file: "t.toml")
        return nil
    } catch {
        return error
    }
}

@Suite struct TOMLTests {
    /// Cases of the kinds that toml-test lists, and those that ended the process with another reader.
    @Test(arguments: [
        ("[", "1:2"), ("[]", "1:2"), ("[.data]", "1:2"), ("[#data]", "1:2"), ("[数据]", "1:2"),
        ("[[[phase]]", "1:3"), ("[a", "1:3"), ("[a]]", "1:4"), ("[[a]", "1:5"), ("[ [a]]", "1:3"),
        ("[a.]", "1:4"), ("[a..b]", "1:4"), ("[a]\n[a]", "2:1"), ("[a] b = 1", "1:5"),
        ("[a.b]\n[a]\nb.c = 1", "3:1"),
        ("a = 1\n[a]", "2:1"), ("a = 1\n[a.b]", "2:1"), ("a = { b = 1 }\n[a.c]", "2:1"),
        ("a = []\n[[a]]", "2:1"),
        ("[[a]]\n[a]", "2:1"), ("[a]\n[[a]]", "2:1"), ("a.b = 1\na = 2", "2:1"), ("a = 1\na.b = 2", "2:1"),
        ("a = { b = 1 }\na.c = 2", "2:1"), ("[[a.b]]\n[a]\nb.c = 1", "3:1"), ("a = 1\na = 2", "2:1"),
        ("a.b = 1\n[a]", "2:1"), ("[f]\na.b = 1\n[f.a]", "3:1"), ("a", "1:2"), ("= 1", "1:1"),
        ("a = ", "1:5"),
        ("a = 1 b = 2", "1:7"), ("\"\"\"a\"\"\" = 1", "1:3"), ("a = [1, 2", "1:5"), ("a = [1 2]", "1:8"),
        ("a = [,]", "1:6"),
        ("a = {", "1:6"), ("a = { b = 1 c = 2 }", "1:13"), ("a = { b = 1, b = 2 }", "1:14"),
        ("a = \"b", "1:5"), ("a = \"\"\"b\"\"", "1:5"), ("a = '''b", "1:5"), ("a = \"\\q\"", "1:7"),
        ("a = \"\\ud800\"", "1:8"), ("a = \"\\u12\"", "1:8"), ("a = \"b\nc\"", "1:5"),
        ("a = '''b''''''", "1:14"),
        ("a = word", "1:5"), ("a = True", "1:5"), ("a = 01", "1:5"), ("a = 1__0", "1:5"), ("a = _1", "1:5"),
        ("a = 1.", "1:5"), ("a = .5", "1:5"), ("a = 1e", "1:5"), ("a = 1.e5", "1:5"), ("a = +0x1", "1:5"),
        ("a = 0xg", "1:5"), ("a = 0b2", "1:5"), ("a = 9223372036854775808", "1:5"), ("a = ++1", "1:5"),
        ("a = 2025-02-29", "1:5"), ("a = 2025-13-01", "1:5"), ("a = 25:00:00", "1:5"), ("a = 1-1-1", "1:5"),
        ("a = \u{1}", "1:5"), ("# \u{0}", "1:3"), ("a = 1\rb = 2", "1:6"), ("# é\n é = 1", "2:2"),
    ])
    func malformedDocumentsAreRefusedWhereTheyAreWrong(text: String, place: String) {
        let error = failure(text)
        #expect(error?.kind == .recipe)
        #expect(
            error?.place == "t.toml:\(place)", "\(text.debugDescription): \(error?.description ?? "accepted")"
        )
        #expect(error?.what.hasPrefix("TOML syntax: ") == true)
    }

    @Test(arguments: [
        ("a = {\nb = 1 }", "an inline table over several lines"), ("a = { b = 1, }", "a comma at the end"),
        ("a = { b = 1,\nc = 2 }", "an inline table over several lines"), ("a = \"\\e\"", "the escape `\\e`"),
        ("a = \"\\x41\"", "the escape `\\x`"), ("a = 07:32", "a time without seconds"),
        ("a = 1979-05-27T07:32", "a time without seconds"),
    ])
    func newerSyntaxIsCalledSo(text: String, what: String) {
        let error = failure(text)
        #expect(error?.what.contains(what) == true, "\(error?.description ?? "accepted")")
        #expect(error?.what.hasSuffix("is TOML 1.1; recipes are TOML 1.0") == true)
        #expect(error?.advice != nil)
    }

    @Test func bytesThatAreNoTextHaveAPlace() {
        let latin: [UInt8] = Array("# é\nname = \"caf".utf8) + [0xE9, 0x22]
        let error = #expect(throws: UserError.self) { try TOMLDocument(latin, file: "t.toml") }
        #expect(error?.place == "t.toml:2:12")
        #expect(error?.advice == "save the file as UTF-8")
    }

    @Test(arguments: [
        ("a = 1", TOMLNode.integer(1)), ("a = +1_000", .integer(1000)), ("a = -0", .integer(0)),
        ("a = 0xDEAD_beef", .integer(0xDEAD_BEEF)), ("a = 0o17", .integer(15)), ("a = 0b101", .integer(5)),
        ("a = 5e-2", .number(0.05)), ("a = 1_0.2_5", .number(10.25)), ("a = 1E+06", .number(1e6)),
        ("a = -inf", .number(-.infinity)), ("a = false # no", .boolean(false)),
        ("a = -9223372036854775808", .integer(.min)),
        ("a = \"q\\u00e9\\t\\\\\"", .string("qé\t\\")), ("a = 'C:\\x'", .string("C:\\x")),
        ("a = \"\"\"\nx \\\n   y\"\"\"\"\"", .string("x y\"\"")), ("a = '''\r\nx\r\ny'''", .string("x\ny")),
        ("a = \"\"", .string("")), ("\u{FEFF}a = ''", .string("")), ("\"a\" = 2", .integer(2)),
        ("a = [ # c\n 1, [2,\n3], ]", .array([.integer(1), .array([.integer(2), .integer(3)])])),
        ("a = {}", .table([:])),
        ("a = { b.c = 1, 'd e' = 2 }", .table(["b": .table(["c": .integer(1)]), "d e": .integer(2)])),
        (
            "a.b = 1\na.c.d = 2\n[a.c.e]",
            .table(["b": .integer(1), "c": .table(["d": .integer(2), "e": .table([:])])])
        ),
        ("[a.b]\n[a]\nc = 1", .table(["b": .table([:]), "c": .integer(1)])),
        (
            "[[a]]\nb = 1\n[[a]]\n[a.c]\nd = 2",
            .array([.table(["b": .integer(1)]), .table(["c": .table(["d": .integer(2)])])])
        ),
        ("a = 1979-05-27", .other("date")), ("a = 07:32:00.5", .other("time")),
        ("a = 1979-05-27 07:32:00Z", .other("date-time")),
        ("a = 1979-05-27t07:32:00-07:00", .other("date-time")),
    ])
    func documentsAreRead(text: String, value: TOMLNode) throws {
        #expect(try TOMLDocument(text.utf8, file: "t.toml").root == ["a": value], "\(text.debugDescription)")
    }

    @Test func nestingHasALimit() {
        let deepest = TOMLReader.deepest
        for (open, close) in [("[", "]"), ("{ a = ", " }")] {
            let text = { (depth: Int) in
                "a = " + String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
            }
            #expect(failure(text(deepest - 1)) == nil)
            #expect(
                failure(text(100_000))?.what
                    == "TOML syntax: more than \(deepest) levels of tables and arrays")
        }
    }

    @Test func linesOfEveryShapeOfKey() throws {
        let text = """
            a.b = 1
            "c d" = [ # comment
                { e = 1 },
                { e = \"\"\"
            two \\" lines\"\"\", f = 'x' },
            ]
            long = '''
            [not.a.table]
            '''
            [t.u]
            v = { w = { x = 1 } }
            [[p]]
            [p.q]
            r = 1
            [[p]]
            s = "# no comment" # comment
            """
        let expected: [[String]: Int] = [
            ["a"]: 1, ["a", "b"]: 1, ["c d"]: 2, ["c d", "0"]: 3, ["c d", "0", "e"]: 3, ["c d", "1"]: 4,
            ["c d", "1", "e"]: 4, ["c d", "1", "f"]: 5, ["long"]: 7, ["t"]: 10, ["t", "u"]: 10,
            ["t", "u", "v"]: 11, ["t", "u", "v", "w"]: 11, ["t", "u", "v", "w", "x"]: 11, ["p"]: 12,
            ["p", "0"]: 12, ["p", "0", "q"]: 13, ["p", "0", "q", "r"]: 14, ["p", "1"]: 15,
            ["p", "1", "s"]: 16,
        ]
        #expect(try TOMLDocument(text.utf8, file: "t.toml").lines == expected)
    }
}
