import { get } from "../api.js";
import { bars } from "../charts.js";
import { h, table } from "../dom.js";
import { number } from "../format.js";
import { address, go, link, select } from "../link.js";

const PAGE = 100;

export async function runView(parameters) {
  const run = parameters.get("run") ?? "", offset = Number(parameters.get("offset") ?? 0);
  const page = await get("run", { run, offset, limit: PAGE });
  const metrics = page.means.map((mean) => mean.metric);
  const metric = parameters.get("metric") ?? metrics[0];
  const item = (row) => address("item", { series: page.series, item: row.item, run: page.run });
  const measured = page.items.filter((row) => row.metrics?.[metric] !== undefined && row.metrics[metric] !== null);
  const total = page.state.videos;
  return h("div", {}, h("h1", {}, `${page.series}/${page.run}`),
    h("p", { class: "quiet" }, `${page.state.method}; digest ${page.digest}; ${page.state.done} of ${total} items done`),
    h("div", { class: "controls" }, link(`Series ${page.series}`, "series", { series: page.series }),
      metrics.length ? select("Metric", metrics, metric, (value) => go("run", { run, metric: value, offset })) : null),
    table("Means over finished items", [
      { name: "metric", title: "metric", cell: (row) => row.metric + (row.unit ? ` (${row.unit})` : "") },
      { name: "mean", title: "mean", number: true, cell: (row) => number(row.mean) },
      { name: "items", title: "items", number: true, cell: (row) => row.items },
    ], page.means),
    measured.length ? h("section", {}, h("h2", {}, `${metric} of each item`),
      bars(`${metric} of each item`, measured.map((row) => ({ label: row.item, value: row.metrics[metric], href: item(row) })))) : null,
    table(`Items ${offset + 1} to ${offset + page.items.length} of those done`, [
      { name: "item", title: "item", cell: (row) => h("a", { href: item(row) }, row.item), sort: (row) => row.item },
      ...metrics.map((name) => ({ name, title: name, number: true, cell: (row) => number(row.metrics?.[name]), sort: (row) => row.metrics?.[name] ?? null })),
      { name: "best_step", title: "best step", number: true, cell: (row) => `${row.best_step} of ${row.steps_run}`, sort: (row) => row.best_step },
      { name: "train_s", title: "train s", number: true, cell: (row) => number(row.train_s, 2), sort: (row) => row.train_s },
      { name: "total_s", title: "total s", number: true, cell: (row) => number(row.total_s, 2), sort: (row) => row.total_s },
      { name: "worker", title: "worker", cell: (row) => row.worker },
    ], page.items),
    h("div", { class: "controls" },
      offset > 0 ? link("Earlier items", "run", { run, metric, offset: Math.max(offset - PAGE, 0) || undefined }) : null,
      page.items.length === PAGE ? link("Later items", "run", { run, metric, offset: offset + PAGE }) : null),
    h("h2", {}, "Parameters"),
    table("Every parameter and where its value came from", [
      { name: "name", title: "parameter", cell: (row) => row.name, sort: (row) => row.name },
      { name: "value", title: "value", cell: (row) => row.value },
      { name: "origin", title: "origin", cell: (row) => row.origin, sort: (row) => row.origin },
    ], Object.entries(page.parameters ?? {}).map(([name, value]) => ({ name, value: JSON.stringify(value), origin: page.origins?.[name] ?? "" }))));
}
