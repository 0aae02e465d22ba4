/// The style sheet of report pages: one column on a phone, small multiples on a screen, ink on paper. Tables may be
/// wider than the column of text.
enum PageStyle {
    static let sheet =
        Theme.variables + Theme.chartRules + """
            *{box-sizing:border-box}html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
            body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",\
            Roboto,sans-serif;font-variant-numeric:tabular-nums}
            main{padding:28px 0 60px}
            header,section{display:grid;grid-template-columns:minmax(20px,1fr) minmax(0,1120px) minmax(20px,1fr)}
            header>*,section>*{grid-column:2}
            section>.scroll{grid-column:1/-1;justify-self:center;min-width:min(100% - 40px,1120px);\
            max-width:calc(100% - 40px)}
            h1{font-size:26px;line-height:1.2;margin:0;overflow-wrap:anywhere}
            h2{font-size:18px;margin:44px 0 6px;padding-bottom:6px;border-bottom:1px solid var(--line)}
            h3{font-size:14px;margin:22px 0 2px;overflow-wrap:anywhere}p{margin:6px 0;max-width:76ch}
            .soft,.note,summary,caption{color:var(--soft)}.soft{font-size:13.5px}
            .note{font-size:12.5px;line-height:1.4;margin:4px 0 0}
            .headline{display:flex;flex-wrap:wrap;align-items:baseline;gap:2px 14px;margin:18px 0 4px;max-width:none}
            .headline b{font-size:44px;line-height:1.1;font-weight:650}
            nav{display:flex;flex-wrap:wrap;gap:4px 16px;margin:18px 0 0;font-size:13.5px}
            a{color:var(--s1)}a:focus-visible,.scroll:focus-visible,button:focus-visible,svg:focus-visible,\
            summary:focus-visible{outline:2px solid var(--s1);outline-offset:2px}
            .numbers{display:flex;flex-wrap:wrap;gap:10px 36px;margin:18px 0 8px}
            .numbers b{display:block;font-size:24px;line-height:1.2;font-weight:600}
            .numbers span{display:block;font-size:13px;color:var(--soft)}
            .panels{display:grid;gap:20px 28px;grid-template-columns:repeat(auto-fill,minmax(min(100%,320px),1fr))}
            .small{grid-template-columns:repeat(auto-fill,minmax(min(45%,200px),1fr));gap:12px 16px}
            .two{max-width:820px}
            figure{margin:10px 0 0;min-width:0;break-inside:avoid;position:relative}
            figcaption{font-size:13px;font-weight:600;margin-bottom:4px;overflow-wrap:anywhere}
            figure img{display:block;width:100%;image-rendering:pixelated;border-radius:3px}
            .legend{display:flex;flex-wrap:wrap;gap:0 14px;list-style:none;margin:4px 0 0;padding:0;font-size:12px;\
            line-height:1.5}
            .legend li,.legend button{display:flex;align-items:center;gap:5px;min-width:0;overflow-wrap:anywhere}
            .key{flex:none;width:20px}.off{display:none}
            button{font:inherit;color:inherit;background:none;border:0;padding:0;cursor:pointer;text-align:inherit}
            [aria-pressed=false]{opacity:.45;text-decoration:line-through}
            th button{font-weight:inherit}th button:hover{color:var(--ink)}
            [aria-sort=ascending] button::after{content:" ▲"}[aria-sort=descending] button::after{content:" ▼"}
            .tip{position:absolute;z-index:2;pointer-events:none;background:var(--panel);border:1px solid var(--line);\
            border-radius:4px;padding:4px 8px;font-size:12px;line-height:1.4;max-width:100%;box-shadow:0 1px 6px #0003}
            .tip i{display:inline-block;width:9px;height:9px;border-radius:2px;margin-right:5px}
            .tip div{white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
            .tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(92px,1fr));gap:10px 12px}
            .tiles figure{margin:0;font-size:12px;line-height:1.35}.tiles figcaption{font-weight:400;font-size:12px;\
            margin:4px 0 0}.tiles .soft{font-size:11px}
            .tiles img{width:100%;max-width:128px}
            .scroll{overflow-x:auto;margin:10px 0}
            table{border-collapse:separate;border-spacing:0;font-size:14px}
            caption{text-align:left;font-size:12.5px;padding-bottom:4px;max-width:76ch}
            th,td{padding:5px 18px 5px 0;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}
            thead th{font-weight:600;color:var(--soft);vertical-align:bottom}tbody th{font-weight:400}
            .num{text-align:right;white-space:nowrap}thead .num{white-space:normal;min-width:5em}
            .line{white-space:nowrap}td,tbody th{overflow-wrap:break-word;max-width:44ch}
            tbody th{position:sticky;left:0;background:var(--paper);min-width:9em;z-index:1}
            pre{background:var(--panel);border-radius:6px;padding:14px;overflow-x:auto;font-size:12.5px;line-height:1.45}
            details{margin-top:16px}summary{cursor:pointer}
            @media(max-width:600px){.headline b{font-size:36px}.numbers{gap:10px 24px}.numbers b{font-size:20px}\
            tbody th{max-width:38vw}th,td{padding-right:12px}}
            @media print{main{padding:0}header,section{display:block}h2,h3{break-after:avoid}nav{display:none}\
            section>.scroll{overflow:visible;justify-self:auto;min-width:0;max-width:none}pre{white-space:pre-wrap}\
            table{font-size:9px}\
            tbody th{position:static}tr{break-inside:avoid}\
            th,td{padding-right:9px;max-width:none;white-space:normal}thead .num{min-width:0}details{display:none}\
            body{font-size:11px}.panels{grid-template-columns:repeat(3,1fr);gap:10px 16px}\
            .two{grid-template-columns:repeat(2,1fr)}.note,.soft,.legend,caption{font-size:9.5px}\
            .small{grid-template-columns:repeat(5,1fr)}.tiles{grid-template-columns:repeat(8,1fr)}.numbers b{font-size:16px}\
            .headline b{font-size:30px}.tip{display:none}}
            """
}
