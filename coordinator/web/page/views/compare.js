import { get } from "../api.js";
import { bars } from "../charts.js";
import { h, table } from "../dom.js";
import { number, signed } from "../format.js";
import { address, link } from "../link.js";

/** Green for better, red for worse, none for equal. */
function tone(difference, metric) {
  if (difference === 0) return null;
  return (difference > 0) === metric.higher_is_better ? "good" : "bad";
}

export async function compareView(parameters) {
  const baseline = parameters.get("baseline") ?? "", runs = parameters.getAll("run");
  const metric = parameters.get("metric") ?? "";
  const page = await get("compare", { baseline, run: runs, metric });
  const digits = page.metric.decimals + 1;
  const name = page.metric.name + (page.metric.unit ? ` (${page.metric.unit})` : "");
  return h("div", {}, h("h1", {}, `Against ${page.baseline}`),
    h("p", { class: "quiet" }, `${name}; ${page.metric.higher_is_better ? "higher" : "lower"} is better; differences are run minus baseline`),
    page.warnings.map((warning) => h("p", { class: "note" }, warning)),
    page.comparisons.map((each) => h("section", {}, h("h2", {}, each.run), h("p", {}, each.sentence),
      bars(`difference of each item, ${each.run}`, each.items.map((item) => ({ label: item.item, value: item.difference,
        href: address("item", { series: page.series, item: item.item, run: [page.baseline, each.run] }) }))),
      h("details", { open: each.items.length <= 30 }, h("summary", {}, `${each.items.length} items`),
        table(`Items of ${each.run}, largest difference first`, [
          { name: "item", title: "item", sort: (item) => item.item,
            cell: (item) => link(item.item, "item", { series: page.series, item: item.item, run: [page.baseline, each.run] }) },
          { name: "baseline", title: "baseline", number: true, cell: (item) => number(item.baseline, digits), sort: (item) => item.baseline },
          { name: "run", title: "run", number: true, cell: (item) => number(item.run, digits), sort: (item) => item.run },
          { name: "difference", title: "difference", number: true, sort: (item) => item.difference,
            cell: (item) => h("span", { class: tone(item.difference, page.metric) }, signed(item.difference, digits)) },
        ], each.items, { order: "difference" })))));
}
