import Foundation
import Testing

@testable import Reports

/// A browser without a window, where one is installed.
private enum Browser {
    static let path = ["chromium", "chromium-browser", "google-chrome"].lazy
        .flatMap { name in ["/usr/bin/\(name)", "/usr/local/bin/\(name)"] }
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    /// The document of `page` after its scripts ran.
    static func document(of page: String) throws -> String {
        var text = ""
        try withTemporaryFolder { folder in
            let file = folder + "/page.html"
            try page.write(toFile: file, atomically: true, encoding: .utf8)
            let process = Process()
            process.executableURL = URL(fileURLWithPath: try #require(path))
            process.arguments = [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--user-data-dir=\(folder)/profile", "--virtual-time-budget=1000", "--dump-dom",
                "file://\(file)",
            ]
            let output = Pipe()
            (process.standardOutput, process.standardError) = (output, FileHandle.nullDevice)
            try process.run()
            text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
        }
        return text
    }

    /// What `script`, run after the page's own, leaves in `seen`, an array of strings.
    static func run(_ script: String, on page: String) throws -> [String] {
        // The page's policy runs no script but its own: here another is wanted.
        let driver = """
            <script>const seen = []; const $ = (what) => document.querySelector(what); \(script);
            document.title = "SEEN" + JSON.stringify(seen) + "END";</script>
            """
        let open = page.replacingOccurrences(of: "http-equiv=", with: "data-policy=")
            .replacingOccurrences(of: "</body>", with: driver + "</body>")
        let document = try document(of: open)
        let json = try #require(
            document.components(separatedBy: "SEEN").dropFirst().first?.components(separatedBy: "END").first)
        let plain = [("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")].reduce(json) {
            $0.replacingOccurrences(of: $1.0, with: $1.1)
        }
        return try JSONDecoder().decode([String].self, from: Data(plain.utf8))
    }
}

private func samplePage() -> String {
    let rows = [
        ["b", "10 %", "2 min"], ["a", "–", "30 s"], ["c", "9 %", "1 h 00 min"], ["d", "−3", "1 s"],
    ]
    let lines = LineChart(
        title: "l", xTitle: "update", yTitle: "%",
        series: [
            Series("one", x: [0, 50, 100], y: [4, 2, 1]), Series("<two>", x: [0, 100], y: [1, 3]),
        ])
    var logarithmic = lines
    logarithmic.logarithmic = true
    let histogram = Histogram(
        title: "h", xTitle: "nats", samples: [("data", [0, 1, 1, 1]), ("noise", [0, 0, 0, 1])])
    let body = Markup("main") {
        table("t", ["name", "error", "time"], rows, numeric: [1, 2], keys: [2: [120, 30, 3600, 1]])
        figure(lines.chart)
        figure(logarithmic.chart)
        panels(sharing: [lines.chart, histogram.chart])
    }
    return page("p", body)
}

@Suite(.enabled(if: Browser.path != nil, "no Chromium is installed"), .serialized)
struct BrowserTests {
    /// Under the page's own policy, so that the hash in it must be right.
    @Test func theScriptRunsUnderThePagesPolicyAndNoOtherDoes() throws {
        let hostile = "<script>document.title = \"broken\"</script></body>"
        let page = samplePage().replacingOccurrences(of: "</body>", with: hostile)
        let document = try Browser.document(of: page)
        #expect(
            document.contains("title=\"Sort by this column\"") && document.contains("aria-pressed=\"true\""))
        #expect(document.contains("<title>p</title>"))
    }

    @Test func aHeadingSortsByItsColumn() throws {
        let seen = try Browser.run(
            """
            const names = () => [...document.querySelectorAll("tbody th")].map((c) => c.textContent).join("");
            const heads = [...document.querySelectorAll("thead th")];
            for (const place of [0, 1, 1, 2]) { heads[place].querySelector("button").click(); seen.push(names()); }
            seen.push(heads.map((h) => h.getAttribute("aria-sort") ?? "").join());
            """, on: samplePage())
        #expect(seen == ["abcd", "dcba", "bcda", "dabc", ",,ascending"])
    }

    @Test func aLegendHidesItsSeriesInAllChartsOfItsGroup() throws {
        let seen = try Browser.run(
            """
            const off = () => document.querySelectorAll(".off").length;
            const buttons = [...document.querySelectorAll(".legend button")];
            seen.push(String(buttons.length), String(off()));
            for (const place of [1, 1, 5]) {
              buttons[place].click();
              seen.push(off() + buttons[place].getAttribute("aria-pressed"));
            }
            """, on: samplePage())
        // The last legend is shared by two charts.
        #expect(seen == ["6", "0", "1false", "0true", "2false"])
    }

    @Test func theArrowKeysTellTheValuesOfCurves() throws {
        let seen = try Browser.run(
            """
            for (const chart of document.querySelectorAll("svg[data-x]")) {
              const tip = chart.parentElement.querySelector(".tip");
              chart.dispatchEvent(new Event("focus"));
              for (const key of ["", "ArrowLeft"]) {
                if (key) chart.dispatchEvent(new KeyboardEvent("keydown", { key }));
                seen.push([...tip.children].map((line) => line.textContent).join("; "));
              }
              chart.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
              seen.push(String(tip.hidden));
            }
            """, on: samplePage())
        let curves = ["update: 100; one: 1; <two>: 3", "update: 50; one: 2", "true"]
        #expect(Array(seen.prefix(9).map(rounded)) == curves + curves + curves)
        #expect(seen[9].contains("data: 0.75; noise: 0.25") && seen.count == 12)
    }

    /// Values are read from a picture whose coordinates have two decimals.
    private func rounded(_ text: String) -> String {
        text.split(separator: "; ", omittingEmptySubsequences: false).map { part in
            let pair = part.components(separatedBy: ": ")
            guard pair.count == 2, let value = Double(pair[1]) else { return String(part) }
            return
                "\(pair[0]): \(Int((value * 100).rounded()) % 100 == 0 ? String(Int(value.rounded())) : pair[1])"
        }.joined(separator: "; ")
    }
}
