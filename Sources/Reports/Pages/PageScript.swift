import Foundation
import System

/// The script adds to a page: tables that sort, curves that tell their values, series that hide. Without it the page
/// shows everything all the same. It reads the values of a curve from its path and the scales of its chart, so that no
/// number is held twice.
enum PageScript {
    /// Nothing is loaded, and no script runs but this one, which is named by its hash.
    static let policy =
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-\(digest)'"

    private static let digest: String = {
        let hex = Array(SHA256.hex(of: source.utf8))
        let bytes = stride(from: 0, to: hex.count, by: 2).compactMap {
            UInt8(String(hex[$0...$0 + 1]), radix: 16)
        }
        return Data(bytes).base64EncodedString()
    }()

    /// The comments around it make it valid inside XML too.
    static let source = "//<![CDATA[\n" + code + "\n//]]>"

    private static let code = #"""
        "use strict";
        (() => {
          const all = (root, what) => [...root.querySelectorAll(what)];
          const make = (name, properties, ...content) => {
            const element = Object.assign(document.createElement(name), properties);
            element.append(...content);
            return element;
          };

          // Tables: a heading sorts by its column, first rising, then falling; what has no value stays last.
          const plain = (text) => text.replace(/[\u202f\u00a0]/g, "").replace(/\u2212/g, "-").trim();
          const value = (row, column, isNumber) => {
            const cell = row.cells[column];
            const text = cell ? plain(cell.dataset.v ?? cell.textContent) : "";
            if (!isNumber) return text === "\u2013" ? null : text;
            const number = parseFloat(text);
            return Number.isFinite(number) ? number : null;
          };
          const compare = (a, b, sign) => {
            if (a === null || b === null) return (a === null) - (b === null);
            if (typeof a === "string") return sign * a.localeCompare(b, "en", { numeric: true });
            return sign * (a - b);
          };
          for (const table of all(document, "table.sort")) {
            const body = table.tBodies[0], heads = all(table, "thead th");
            heads.forEach((head, column) => {
              const button = make("button", { type: "button", title: "Sort by this column" }, ...head.childNodes);
              head.append(button);
              button.addEventListener("click", () => {
                const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
                heads.forEach((other) => other.removeAttribute("aria-sort"));
                head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
                const isNumber = head.classList.contains("num");
                const keyed = [...body.rows].map((row) => [value(row, column, isNumber), row]);
                body.append(...keyed.sort((a, b) => compare(a[0], b[0], sign)).map((pair) => pair[1]));
              });
            });
          }

          // Legends: an entry hides and shows its series in all charts of its group.
          for (const item of all(document, ".legend li")) {
            const button = make("button", { type: "button", title: "Hide or show" }, ...item.childNodes);
            button.setAttribute("aria-pressed", "true");
            item.append(button);
            button.addEventListener("click", () => {
              const hides = button.getAttribute("aria-pressed") === "true";
              button.setAttribute("aria-pressed", String(!hides));
              for (const part of all(item.closest(".group"), `[data-s="${item.dataset.of}"]`))
                part.classList.toggle("off", hides);
            });
          }

          // Curves: the pointer, or the arrow keys, choose a place; a note tells the values there.
          const scale = (source) => {
            const [low, high, from, to, isLog] = source.split(" ").map(Number);
            return (place) => {
              const share = (place - from) / (to - from);
              return isLog ? low * (high / low) ** share : low + share * (high - low);
            };
          };
          const points = (path) => {
            const steps = [...path.matchAll(/V([\d.]+)H([\d.]+)/g)].map((m) => [Number(m[2]), Number(m[1])]);
            if (steps.length) {
              const width = steps.length > 1 ? steps[1][0] - steps[0][0] : 0;
              return steps.map(([right, y]) => [right - width / 2, y]);
            }
            return path.replace(/h0$/, "").slice(1).split("L").map((pair) => pair.split(" ").map(Number));
          };
          const nearest = (list, x) =>
            list.reduce((best, point) => (Math.abs(best[0] - x) > Math.abs(point[0] - x) ? point : best));
          const format = (number, digits) =>
            number.toLocaleString("en", { maximumSignificantDigits: digits }).replace(/-/g, "\u2212").replace(/,/g, "\u202f");
          let next = 0;
          for (const chart of all(document, "svg[data-x]")) {
            const curves = all(chart, "path[data-name]").map((path) => ({ path, at: points(path.getAttribute("d")) }));
            if (!curves.length) continue;
            const x = scale(chart.dataset.x), y = scale(chart.dataset.y), box = chart.viewBox.baseVal;
            const titles = all(chart, "text.axis-title").map((text) => text.textContent);
            const tip = make("div", { className: "tip", hidden: true, id: `tip${next++}` });
            tip.setAttribute("role", "status");
            chart.after(tip);
            const rule = document.createElementNS(chart.namespaceURI, "path");
            rule.setAttribute("class", "rule");
            chart.append(rule);
            let place = null;
            const hide = () => { tip.hidden = true; rule.removeAttribute("d"); };
            const show = (wanted) => {
              const seen = curves.filter((curve) => !curve.path.classList.contains("off"));
              if (!seen.length) return hide();
              place = nearest(seen.flatMap((curve) => curve.at), wanted)[0];
              const lines = seen.map((curve) => [curve.path, nearest(curve.at, place)])
                .filter(([, point]) => 6 > Math.abs(point[0] - place));
              rule.setAttribute("d", `M${place} ${chart.dataset.y.split(" ")[2]}V${chart.dataset.y.split(" ")[3]}`);
              tip.replaceChildren(make("div", {}, `${titles[0] ?? "x"}: ${format(x(place), 5)}`),
                ...lines.map(([path, point]) => {
                  const mark = make("i", {});
                  mark.style.background = path.getAttribute("stroke");
                  return make("div", {}, mark, `${path.dataset.name}: ${format(y(point[1]), 4)}`);
                }));
              tip.hidden = false;
              const width = chart.clientWidth || 1, left = (place / box.width) * width;
              tip.style.top = `${chart.getBoundingClientRect().top - chart.parentElement.getBoundingClientRect().top}px`;
              tip.style.left = `${Math.max(0, left > width / 2 ? left - tip.offsetWidth - 12 : left + 12)}px`;
            };
            chart.setAttribute("tabindex", "0");
            chart.setAttribute("aria-describedby", tip.id);
            const follow = (event) => {
              const frame = chart.getBoundingClientRect();
              show(((event.clientX - frame.left) / frame.width) * box.width);
            };
            chart.addEventListener("pointermove", follow);
            chart.addEventListener("pointerdown", follow);
            chart.addEventListener("pointerleave", hide);
            chart.addEventListener("focus", () => { if (tip.hidden) show(place ?? box.width); });
            chart.addEventListener("blur", hide);
            chart.addEventListener("keydown", (event) => {
              const turn = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
              if (event.key === "Escape") hide();
              if (!turn) return;
              event.preventDefault();
              const from = place ?? box.width;
              const places = curves.flatMap((curve) => curve.at.map((point) => point[0]));
              const beyond = places.filter((other) => turn * (other - from) > 0.01);
              if (beyond.length) show(turn > 0 ? Math.min(...beyond) : Math.max(...beyond));
            });
          }
        })();
        """#
}
