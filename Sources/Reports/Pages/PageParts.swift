import Foundation

/// A whole page that loads nothing. Its own script is the only one that a browser runs, whatever names of classes and
/// files may hold.
func page(_ title: String, _ body: Markup) -> String {
    let page = Markup("html", ["lang": "en"]) {
        Markup("head") {
            Markup("meta", ["charset": "utf-8"])
            Markup("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
            Markup("meta", ["http-equiv": "Content-Security-Policy", "content": PageScript.policy])
            Markup("title") { title }
            Markup("style") { Markup.verbatim(PageStyle.sheet) }
        }
        Markup("body") {
            body
            Markup("script") { Markup.verbatim(PageScript.source) }
        }
    }
    return "<!DOCTYPE html>\n\(page)\n"
}

/// A part of a page that its navigation leads to.
func section(_ title: String, @MarkupBuilder _ content: () -> Markup) -> Markup {
    Markup("section", ["id": anchor(title)]) {
        Markup("h2") { title }
        content()
    }
}

private func anchor(_ title: String) -> String {
    title.lowercased().split { !$0.isLetter }.joined(separator: "-")
}

/// Links to the sections of a page.
func navigation(_ titles: [String]) -> Markup {
    Markup("nav", ["aria-label": "Sections"]) {
        for title in titles { Markup("a", ["href": "#" + anchor(title)]) { title } }
    }
}

/// A sentence under a heading, or in the place of what is not there.
func remark(_ text: String) -> Markup { Markup("p", ["class": "soft"]) { text } }

/// A figure of a page: a caption, a chart, its legend unless several charts share one, and what it says.
func figure(_ chart: Chart, sharesLegend: Bool = false) -> Markup {
    Markup("figure", ["class": sharesLegend ? nil : "group"]) {
        Markup("figcaption") { chart.title }
        chart.inline
        if !sharesLegend { chart.legend.list }
        if !chart.note.isEmpty { Markup("p", ["class": "note"]) { chart.note } }
    }
}

func figure(_ chart: Chart) -> Markup { figure(chart, sharesLegend: false) }

/// Charts of the same series beside each other under one legend: the longest of theirs.
func panels(sharing charts: [Chart]) -> Markup {
    let legend = charts.map(\.legend).max { $0.entries.count < $1.entries.count }
    return Markup("div", ["class": "group"]) {
        legend?.list
        Markup("div", ["class": "panels"]) { charts.map { figure($0, sharesLegend: true) } }
    }
}

/// A picture held in the page itself.
func figure(_ caption: String, jpeg: [UInt8], note: String = "") -> Markup {
    Markup("figure") {
        Markup("figcaption") { caption }
        Markup("img", ["src": dataURI(jpeg, type: "image/jpeg"), "alt": caption])
        if !note.isEmpty { Markup("p", ["class": "note"]) { note } }
    }
}
