import { get } from "../api.js";
import { heatMap, intervals, parallel, scatter } from "../charts.js";
import { h, table } from "../dom.js";
import { number } from "../format.js";
import { address, go, link, select } from "../link.js";

/** Runs of the figures; more lines are no picture. */
const MOST_LINES = 400;

export async function seriesView(parameters) {
  const series = parameters.get("series") ?? "", metric = parameters.get("metric") ?? "";
  const baseline = parameters.get("baseline") ?? "";
  const page = await get("series", { series, metric, baseline });
  const head = [h("h1", {}, page.title || series), page.title ? h("p", { class: "quiet" }, series) : null,
    page.question ? h("details", {}, h("summary", {}, "What was asked"), h("pre", {}, page.question)) : null];
  if (!page.report) return h("div", {}, head, h("p", { class: "note" }, page.why), statusTable(page));
  const report = page.report;
  const digits = Object.fromEntries(page.metrics.map((each) => [each.name, each.decimals]));
  const chosen = report.metric;
  const change = (name, value) => go("series", { series, metric, baseline, [name]: value });
  const comparisons = report.comparisons.filter((each) => each.metric === chosen);
  const picked = new Set();
  const button = h("button", { type: "button", onclick: () => {
    if (picked.size > 0) go("compare", { baseline: report.baseline || `${series}/${report.runs[0].run}`, run: [...picked], metric: chosen });
  } }, "Compare chosen runs");
  return h("div", {}, head,
    h("div", { class: "controls" },
      select("Metric", page.metrics.map((each) => each.name), chosen, (value) => change("metric", value)),
      select("Baseline", ["", ...report.runs.map((run) => `${series}/${run.run}`)], baseline, (value) => change("baseline", value)),
      button, link("Failures", "failures", { series })),
    report.warnings.map((warning) => h("p", { class: "note" }, warning)),
    runTable(page, report, digits, picked),
    comparisons.length ? h("section", {}, h("h2", {}, `Difference from ${report.baseline} in ${chosen}, with interval`),
      intervals(`difference of each run from ${report.baseline}`, comparisons
        .filter((each) => each.difference !== null).map((each) => ({ label: each.run.replace(`${series}/`, ""), value: each.difference,
          low: each.low, high: each.high, href: address("compare", { baseline: report.baseline, run: `${series}/${each.run.replace(`${series}/`, "")}`, metric: chosen }) }))),
      h("ul", {}, comparisons.map((each) => h("li", {}, each.sentence)))) : null,
    factorFigures(report, series, chosen, digits[chosen]),
    costFigure(report, series, chosen),
    h("h2", {}, "Jobs"), statusTable(page),
    h("h2", {}, "Where the numbers come from"),
    table("Provenance", [{ name: "what", title: "what", cell: (row) => row.what }, { name: "value", title: "value", cell: (row) => row.value }], report.provenance));
}

function runTable(page, report, digits, picked) {
  const series = page.series;
  const varied = Object.keys(report.varied);
  return table("Runs, best first by the button of a column", [
    { name: "pick", title: "compare", cell: (run) => h("input", { type: "checkbox", "aria-label": `compare ${run.run}`,
      onchange: (event) => (event.target.checked ? picked.add(`${series}/${run.run}`) : picked.delete(`${series}/${run.run}`)) }) },
    { name: "run", title: "run", cell: (run) => link(run.run, "run", { run: `${series}/${run.run}` }), sort: (run) => run.run },
    { name: "method", title: "method", cell: (run) => run.method, sort: (run) => run.method },
    ...varied.filter((name) => name !== "method").map((name) => ({ name, title: name, number: true,
      cell: (run) => String(run.parameters[name] ?? "-"), sort: (run) => run.parameters[name] ?? null })),
    { name: "done", title: "items", number: true, cell: (run) => `${run.done} of ${run.videos}`, sort: (run) => run.done },
    ...page.metrics.map((metric) => ({ name: metric.name, title: `${metric.name}${metric.unit ? ` (${metric.unit})` : ""}`, number: true,
      cell: (run) => {
        const value = run.metrics[metric.name];
        if (value?.mean === undefined) return "-";
        return `${number(value.mean, digits[metric.name])}${value.standard_error === undefined ? "" : ` ± ${number(value.standard_error, digits[metric.name])}`}`;
      }, sort: (run) => run.metrics[metric.name]?.mean ?? null })),
    { name: "train_s", title: "train s", number: true, cell: (run) => number(run.mean_seconds.train_s, 2), sort: (run) => run.mean_seconds.train_s },
    { name: "generate_s", title: "generate s", number: true, cell: (run) => number(run.mean_seconds.generate_s, 2), sort: (run) => run.mean_seconds.generate_s },
  ], report.runs, { order: report.metric });
}

function factorFigures(report, series, metric, decimals) {
  const names = Object.keys(report.varied);
  const runs = report.runs.filter((run) => run.metrics[metric]?.mean !== undefined).slice(0, MOST_LINES);
  if (names.length === 0 || runs.length < 2) return null;
  const value = (run, name) => (name === "method" ? run.method : run.parameters[name] ?? "-");
  const axes = [...names.map((name) => ({ name, values: runs.map((run) => value(run, name)) })),
    { name: metric, values: runs.map((run) => run.metrics[metric].mean) }];
  const section = h("section", {}, h("h2", {}, "What the series varies"),
    h("div", { class: "wide", tabindex: 0, role: "region", "aria-label": "Parallel coordinates" },
      parallel(`parallel coordinates of ${names.join(", ")} and ${metric}`, axes,
        runs.map((run) => ({ label: `${run.run}: ${run.metrics[metric].mean}`, href: address("run", { run: `${series}/${run.run}` }) })))));
  if (names.length >= 2) {
    const [rows, columns] = names;
    section.append(h("div", { class: "wide", tabindex: 0, role: "region", "aria-label": "Heat map" },
      heatMap(`mean ${metric} by ${rows} and ${columns}`, rows, columns, runs.map((run) => ({
        row: String(value(run, rows)), column: String(value(run, columns)), value: run.metrics[metric].mean,
        text: number(run.metrics[metric].mean, decimals), href: address("run", { run: `${series}/${run.run}` }) })))));
  }
  return section;
}

function costFigure(report, series, metric) {
  const points = report.runs.filter((run) => run.metrics[metric]?.mean !== undefined && run.mean_seconds.train_s !== null)
    .map((run) => ({ label: run.run, x: run.mean_seconds.train_s, y: run.metrics[metric].mean, href: address("run", { run: `${series}/${run.run}` }) }));
  if (points.length < 2) return null;
  return h("section", {}, h("h2", {}, "Cost and quality"), scatter("training time against quality", "mean training seconds", metric, points));
}

function statusTable(page) {
  const states = ["queued", "blocked", "leased", "done", "failed", "expected", "cancelled", "paused", "stopped"];
  return table("Runs and their jobs by state", [
    { name: "run", title: "run", cell: (row) => link(row.run, "run", { run: `${page.series}/${row.run}` }), sort: (row) => row.run },
    ...states.map((state) => ({ name: state, title: state, number: true, cell: (row) => row[state], sort: (row) => row[state] })),
    { name: "owner", title: "computed by", cell: (row) => row.owner ?? "" },
  ], page.runs);
}
