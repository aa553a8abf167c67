import { actionButtons } from "../actions.js";
import { get } from "../api.js";
import { dots, histogram } from "../charts.js";
import { h, scrolled, table } from "../dom.js";
import { number } from "../format.js";
import { address, card, crumbs, go, link, select, sortInAddress } from "../link.js";

const PAGE = 100;

export async function runView(parameters, waiting) {
  const run = parameters.get("run") ?? "", offset = Number(parameters.get("offset") ?? 0);
  const page = await get("run", { run, metric: parameters.get("metric"), offset, limit: PAGE }, waiting);
  const metrics = page.means.map((mean) => mean.metric), metric = page.metric, name = `${page.series}/${page.run}`;
  const actions = await actionButtons(["pause", "resume", "retry", "cancel"], { series: page.series, run: page.run }, `run ${name}`);
  const item = (row) => address("item", { series: page.series, item: row.item, run: page.run });
  return h("div", { "data-stale": page.stale || null }, crumbs(link("series", ""), link(page.series, "series", { series: page.series }), page.run), h("h1", {}, name),
    h("p", { class: "quiet" }, `${page.state.method}; digest `, h("code", {}, page.digest)),
    h("div", { class: "tiles" }, h("div", { class: "tile" }, h("b", {}, `${page.state.done} of ${page.state.videos}`), h("span", {}, "items done")),
      page.means.map((mean) => h("div", { class: "tile" }, h("b", {}, number(mean.mean, mean.decimals)),
        h("span", {}, `${mean.metric}${mean.unit ? ` (${mean.unit})` : ""}, mean of ${mean.items}`)))),
    h("div", { class: "controls" },
      metrics.length ? select("Metric", metrics, metric, (value) => go("run", { run, metric: value, offset })) : null, actions),
    figures(page, metric, item), itemTable(page, metrics, offset, item),
    h("div", { class: "controls" },
      offset > 0 ? link("Earlier items", "run", { run, metric, offset: Math.max(offset - PAGE, 0) || undefined }) : null,
      page.items.length === PAGE ? link("Later items", "run", { run, metric, offset: offset + PAGE }) : null),
    h("h2", {}, "Parameters"),
    table("Every parameter and where its value came from", [
      { name: "name", title: "parameter", cell: (row) => row.name, sort: (row) => row.name },
      { name: "value", title: "value", cell: (row) => row.value },
      { name: "origin", title: "origin", cell: (row) => row.origin, sort: (row) => row.origin },
    ], Object.entries(page.parameters ?? {}).map(([each, value]) => ({ name: each, value: JSON.stringify(value), origin: originOf(page.origins?.[each]) })),
    { order: "name", lowFirst: true }));
}

/** `{layer, file, line}` as people read it. */
function originOf(origin) {
  if (origin === undefined || origin === null) return "schema default";
  if (typeof origin === "string") return origin;
  return [origin.layer, origin.file ? `${origin.file}${origin.line ? `:${origin.line}` : ""}` : null].filter(Boolean).join(", ");
}

function figures(page, metric, item) {
  const measured = page.items.filter((row) => row.metrics?.[metric] !== undefined && row.metrics?.[metric] !== null);
  if (measured.length === 0) return null;
  return h("div", { class: "cards" },
    card(`${metric} of each item`, scrolled(`${metric} of each item`, dots(`${metric} of each item`, measured.map((row) => ({ label: row.item, value: row.metrics[metric], text: number(row.metrics[metric]), href: item(row) }))))),
    page.distribution.length > 1 ? card(`Distribution of ${metric} over all items`, scrolled("Distribution", histogram(`distribution of ${metric}`, metric, page.distribution))) : null);
}

function itemTable(page, metrics, offset, item) {
  const digits = Object.fromEntries(page.means.map((mean) => [mean.metric, mean.decimals]));
  return table(`Items ${offset + 1} to ${offset + page.items.length} of those done`, [
    { name: "item", title: "item", cell: (row) => h("a", { href: item(row) }, row.item), sort: (row) => row.item },
    ...metrics.map((name) => ({ name, title: name, number: true, cell: (row) => number(row.metrics?.[name], digits[name]), sort: (row) => row.metrics?.[name] ?? null })),
    { name: "best_step", title: "best step", number: true, cell: (row) => `${row.best_step} of ${row.steps_run}`, sort: (row) => row.best_step },
    { name: "train_s", title: "train s", number: true, cell: (row) => number(row.train_s, 2), sort: (row) => row.train_s },
    { name: "generate_s", title: "generate s", number: true, cell: (row) => number(row.generate_s, 2), sort: (row) => row.generate_s },
    { name: "total_s", title: "total s", number: true, cell: (row) => number(row.total_s, 2), sort: (row) => row.total_s },
    { name: "worker", title: "worker", cell: (row) => row.worker },
  ], page.items, { ...sortInAddress() });
}
