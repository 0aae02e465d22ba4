/// Colours of charts and pages. Series colours are Okabe and Ito's colour-blind-safe set, darkened for white
/// paper and lightened for dark screens.
enum Theme {
    /// Definitions of the colours under `selector`: light, dark by the reader's preference, light on paper.
    /// A class `light` or `dark` on the root element overrides the preference.
    static let variables = """
        :root{color-scheme:light dark;--ink:#1b1e23;--soft:#5b6470;--line:#d5d9df;--paper:#fff;--panel:#f6f7f9;\
        --s1:#0072b2;--s2:#d55e00;--s3:#00845e;--s4:#a8437f;--s5:#8a6b00;--s6:#59616b}
        @media(prefers-color-scheme:dark){:root:not(.light){\(dark)}}:root.dark{\(dark)}
        @media print{:root,:root.dark,:root:not(.light){color-scheme:light;--ink:#000;--soft:#444;--line:#bbb;\
        --paper:#fff;--panel:#fff;--s1:#0072b2;--s2:#d55e00;--s3:#00845e;--s4:#a8437f;--s5:#8a6b00;--s6:#59616b}}
        """

    private static let dark =
        "--ink:#e6e8eb;--soft:#9aa3ae;--line:#363c44;--paper:#14171b;--panel:#1c2025;"
        + "--s1:#5ab4ea;--s2:#f08a4b;--s3:#3fcb9f;--s4:#e08dbd;--s5:#e3c02b;--s6:#a7afb9"

    static let chartRules = """
        .chart{display:block;width:100%;height:auto;font:11px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;\
        font-variant-numeric:tabular-nums}
        .chart text{fill:var(--soft)}.chart .strong{fill:var(--ink)}.chart .end{text-anchor:end}\
        .chart .mid{text-anchor:middle}.chart .axis{stroke:var(--line);fill:none}\
        .chart .grid{stroke:var(--line);stroke-opacity:.6;fill:none}\
        .chart .curve{fill:none;stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round}\
        .chart .rule{stroke:var(--soft);stroke-dasharray:3 3;fill:none}\
        .chart .again{stroke-dasharray:6 3}\
        @media print{.chart .k1{stroke-dasharray:6 3}.chart .k2{stroke-dasharray:2 3}.chart .k0{stroke-dasharray:\
        8 3 2 3}.chart{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
        """

    /// The colour of series `index`; past six they repeat with another dash.
    static func series(_ index: Int) -> String { "var(--s\(index % 6 + 1))" }

    /// The style of curve `index`. Past six the colours repeat, dashed; on paper, where colours may turn grey,
    /// all but the first are dashed.
    static func curve(_ index: Int) -> String {
        "curve" + (index == 0 ? "" : index < 6 ? " k\(index % 3)" : " again")
    }
}
