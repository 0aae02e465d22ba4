/// Colours of charts and pages. The first series have Okabe and Ito's colours, which readers without full colour vision
/// tell apart, darkened for white paper and lightened for dark screens; the others were chosen as far from these and
/// from each other as the contrast with the paper allows.
enum Theme {
    /// Series colours on white and on dark paper. No chart repeats one before it has used all.
    static let colors: [(light: String, dark: String)] = [
        ("#0072b2", "#5ab4ea"), ("#d55e00", "#f08a4b"), ("#00845e", "#3fcb9f"), ("#a8437f", "#d667a8"),
        ("#8a6b00", "#e3c02b"), ("#59616b", "#8b939d"), ("#34007a", "#7466f2"), ("#590b05", "#f7defd"),
        ("#a15afc", "#298509"), ("#fb4baf", "#90fd77"), ("#6d11be", "#136d9e"), ("#0d3c44", "#ea2413"),
        ("#9e170c", "#fd95f5"), ("#7f90c4", "#975b64"),
    ]
    static let paper = (light: "#ffffff", dark: "#14171b")

    private static func definitions(_ color: KeyPath<(light: String, dark: String), String>) -> String {
        colors.enumerated().map { "--s\($0 + 1):\($1[keyPath: color])" }.joined(separator: ";")
    }
    private static let lightSeries = definitions(\.light)

    /// More series than this no chart draws: their curves could not be told apart. Whoever drops some says so.
    static let seriesLimit = 28

    /// Definitions of the colours under `selector`: light, dark by the reader's preference, light on paper.
    /// A class `light` or `dark` on the root element overrides the preference.
    static let variables = """
        :root{color-scheme:light dark;--ink:#1b1e23;--soft:#5b6470;--line:#d5d9df;--paper:\(paper.light);\
        --panel:#f6f7f9;\(lightSeries)}
        @media(prefers-color-scheme:dark){:root:not(.light){\(dark)}}:root.dark{\(dark)}
        @media print{:root,:root.dark,:root:not(.light){color-scheme:light;--ink:#000;--soft:#444;--line:#bbb;\
        --paper:#fff;--panel:#fff;\(lightSeries)}}
        """

    private static let dark =
        "--ink:#e6e8eb;--soft:#9aa3ae;--line:#363c44;--paper:\(paper.dark);--panel:#1c2025;"
        + definitions(\.dark)

    static let chartRules = """
        .chart{display:block;width:100%;height:auto;font:11px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;\
        font-variant-numeric:tabular-nums}
        .chart text{fill:var(--soft)}.chart .strong{fill:var(--ink)}.chart .end{text-anchor:end}\
        .chart .mid{text-anchor:middle}.chart .axis{stroke:var(--line);fill:none}\
        .chart .grid{stroke:var(--line);stroke-opacity:.6;fill:none}\
        .chart .curve,.chart .bar{fill:none;stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round}\
        .chart .rule{stroke:var(--soft);stroke-dasharray:3 3;fill:none}\
        .chart .again1{stroke-dasharray:6 3}.chart .again2{stroke-dasharray:2 3}\
        .chart .again3{stroke-dasharray:8 3 2 3}.chart .pixels{image-rendering:pixelated}\
        @media print{.chart .k1{stroke-dasharray:6 3}.chart .k2{stroke-dasharray:2 3}.chart .k0{stroke-dasharray:\
        8 3 2 3}.chart{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
        """

    /// The colour of series `index`; when all are used they repeat with other dashes.
    static func series(_ index: Int) -> String { "var(--s\(index % colors.count + 1))" }

    /// The style of curve `index`. Past the palette the colours repeat, dashed; on paper, where colours may turn grey,
    /// all but the first are dashed.
    static func curve(_ index: Int) -> String {
        let round = index / colors.count
        if round > 0 { return "curve again\((round - 1) % 3 + 1)" }
        return "curve" + (index == 0 ? "" : " k\(index % 3)")
    }
}
