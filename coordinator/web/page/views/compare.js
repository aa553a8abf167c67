import { get } from "../api.js";
import { bars } from "../charts.js";
import { h, scrolled, table } from "../dom.js";
import { number, signed } from "../format.js";
import { address, card, crumbs, figureFile, go, link, notes, select, sortInAddress } from "../link.js";

/** Green for better, red for worse, none for equal. */
function tone(difference, metric) {
  if (difference === 0) return null;
  return (difference > 0) === metric.higher_is_better ? "good" : "bad";
}

export async function compareView(parameters, waiting) {
  const baseline = parameters.get("baseline") ?? "", runs = parameters.getAll("run");
  const metric = parameters.get("metric") ?? "";
  const page = await get("compare", { baseline, run: runs, metric }, waiting);
  const name = page.metric.name + (page.metric.unit ? ` (${page.metric.unit})` : "");
  return h("div", { "data-stale": page.stale || null }, crumbs(link("series", ""), link(page.series, "series", { series: page.series }), "compare"),
    h("h1", {}, `Against ${page.baseline}`),
    h("p", { class: "quiet" }, `${name}; ${page.metric.higher_is_better ? "higher" : "lower"} is better; differences are run minus baseline`),
    h("div", { class: "controls" }, select("Metric", page.metrics, page.metric.name, (value) => go("compare", { baseline, run: runs, metric: value }))),
    notes(page.warnings), page.comparisons.map((each) => comparison(page, each)));
}

function comparison(page, each) {
  const digits = page.metric.decimals + 1;
  const item = (row) => address("item", { series: page.series, item: row.item, run: [page.baseline, each.run] });
  const gains = each.items.filter((row) => tone(row.difference, page.metric) === "good").length;
  const best = page.metric.higher_is_better ? each.items[each.items.length - 1] : each.items[0];
  return card(each.run, [h("p", {}, each.sentence),
    best ? h("p", {}, `Gains on ${gains} of ${each.items.length} items; most on `, h("a", { href: item(best) }, best.item),
      ` (${signed(best.difference, digits)}).`) : null,
    scrolled("Differences", bars(`difference of each item, ${each.run}`, each.items.map((row) => ({ label: row.item, value: row.difference,
      text: signed(row.difference, digits), tone: tone(row.difference, page.metric), href: item(row) })))),
    h("details", { open: each.items.length <= 30 }, h("summary", {}, `${each.items.length} items`),
      table(`Items of ${each.run}, largest difference first; click one to see its videos`, [
        { name: "item", title: "item", sort: (row) => row.item, cell: (row) => h("a", { href: item(row) }, row.item) },
        { name: "baseline", title: "baseline", number: true, cell: (row) => number(row.baseline, digits), sort: (row) => row.baseline },
        { name: "run", title: "run", number: true, cell: (row) => number(row.run, digits), sort: (row) => row.run },
        { name: "difference", title: "difference", number: true, sort: (row) => row.difference,
          cell: (row) => h("span", { class: tone(row.difference, page.metric) }, signed(row.difference, digits)) },
      ], each.items, { order: "difference", page: 100, ...sortInAddress() }))],
  figureFile("items", { series: page.series, run: each.run, metric: page.metric.name, baseline: page.baseline }));
}
