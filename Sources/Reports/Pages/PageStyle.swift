/// The style sheet of report pages: one column on a phone, small multiples on a screen, ink on paper.
enum PageStyle {
    static let sheet =
        Theme.variables + Theme.chartRules + """
            *{box-sizing:border-box}html{-webkit-text-size-adjust:100%}
            body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",\
            Roboto,sans-serif;font-variant-numeric:tabular-nums}
            main{max-width:1160px;margin:0 auto;padding:28px 20px 60px}
            h1{font-size:26px;line-height:1.2;margin:0;overflow-wrap:anywhere}
            h2{font-size:17px;margin:44px 0 6px;padding-bottom:6px;border-bottom:1px solid var(--line)}
            h3{font-size:14px;margin:22px 0 2px}p{margin:6px 0;max-width:72ch}
            .soft,figcaption,summary{color:var(--soft)}.soft{font-size:13.5px}
            .numbers{display:flex;flex-wrap:wrap;gap:10px 36px;margin:24px 0 8px}
            .numbers b{display:block;font-size:30px;line-height:1.15;font-weight:600}
            .numbers span{display:block;font-size:13px;color:var(--soft)}
            .panels{display:grid;gap:20px 28px;grid-template-columns:repeat(auto-fill,minmax(min(100%,320px),1fr))}
            .small{grid-template-columns:repeat(auto-fill,minmax(min(45%,200px),1fr));gap:12px 16px}
            .two{max-width:800px}
            figure{margin:10px 0 0;min-width:0;break-inside:avoid}
            figcaption{font-size:13px;font-weight:600;color:var(--ink);margin-bottom:4px}
            figure img{display:block;width:100%;image-rendering:pixelated;border-radius:3px}
            .tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(84px,1fr));gap:14px 12px}
            .tiles figure{margin:0;font-size:12px;line-height:1.35}.tiles figcaption{font-weight:400;font-size:12px;\
            margin:4px 0 0;overflow-wrap:anywhere}
            .scroll{overflow-x:auto}
            table{border-collapse:collapse;font-size:14px;margin:8px 0}
            th,td{padding:5px 18px 5px 0;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}
            th{font-weight:600;color:var(--soft);white-space:nowrap}.num{text-align:right;white-space:nowrap}
            td.wrap{overflow-wrap:anywhere}td:first-child{white-space:nowrap}
            pre{background:var(--panel);border-radius:6px;padding:14px;overflow-x:auto;font-size:12.5px;line-height:1.45}
            details{margin-top:16px}summary{cursor:pointer}
            @media print{main{max-width:none;padding:0}h2,h3{break-after:avoid}\
            .scroll{overflow:visible}table{font-size:9.5px}th{white-space:normal}th,td{padding-right:10px}details{display:none}\
            body{font-size:11px}.panels{grid-template-columns:repeat(3,1fr);gap:10px 16px}\
            .small{grid-template-columns:repeat(5,1fr)}.numbers b{font-size:20px}}
            """
}

/// A whole page that loads nothing.
func page(_ title: String, _ body: Markup) -> String {
    let page = Markup("html", ["lang": "en"]) {
        Markup("head") {
            Markup("meta", ["charset": "utf-8"])
            Markup("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
            Markup("title") { title }
            Markup("style") { Markup.verbatim(PageStyle.sheet) }
        }
        Markup("body") { body }
    }
    return "<!DOCTYPE html>\n\(page)\n"
}

func section(_ title: String, @MarkupBuilder _ content: () -> Markup) -> Markup {
    Markup("section") {
        Markup("h2") { title }
        content()
    }
}

/// A sentence in the place of what is not there.
func missing(_ why: String) -> Markup { Markup("p", ["class": "soft"]) { why } }

/// A figure of a page: a caption and a chart.
func figure(_ chart: Chart) -> Markup {
    Markup("figure") {
        Markup("figcaption") { chart.title }
        chart.inline
    }
}

/// A picture held in the page itself.
func figure(_ caption: String, jpeg: [UInt8]) -> Markup {
    Markup("figure") {
        Markup("figcaption") { caption }
        Markup("img", ["src": dataURI(jpeg, type: "image/jpeg"), "alt": caption])
    }
}

/// A table; the columns named in `numeric` are aligned right.
func table(_ titles: [String], _ rows: [[String]], numeric: Set<Int> = []) -> Markup {
    func style(_ column: Int) -> String? { numeric.contains(column) ? "num" : nil }
    return Markup("div", ["class": "scroll"]) {
        Markup("table") {
            if !titles.isEmpty {
                Markup("thead") {
                    Markup("tr") {
                        for (i, title) in titles.enumerated() { Markup("th", ["class": style(i)]) { title } }
                    }
                }
            }
            Markup("tbody") {
                for row in rows {
                    Markup("tr") {
                        for (i, cell) in row.enumerated() {
                            Markup("td", ["class": style(i) ?? "wrap"]) { cell }
                        }
                    }
                }
            }
        }
    }
}
