import { actionButtons } from "../actions.js";
import { get } from "../api.js";
import { heatMap, intervals, parallel, scatter } from "../charts.js";
import { h, scrolled, table } from "../dom.js";
import { number, signed } from "../format.js";
import { address, card, crumbs, figureFile, go, link, notes, remember, remembered, select, sortInAddress } from "../link.js";
import { rangeFields, rangesIn, rangeTexts, within } from "../ranges.js";

/** Runs of the figures; more lines are no picture. */
const MOST_LINES = 400;
const ACTIONS = ["pause", "resume", "retry", "cancel"];

const tile = (value, what, tone) => h("div", { class: "tile" }, h("b", { class: tone }, value), h("span", {}, what));

export async function seriesView(parameters, waiting) {
  const asked = Object.fromEntries(["series", "metric", "baseline", "rows", "columns"].map((name) => [name, parameters.get(name) ?? ""]));
  const axes = parameters.getAll("axis");
  let meanwhile = null;
  const page = await get("series", { series: asked.series, metric: asked.metric, baseline: asked.baseline }, async (seconds) => {
    meanwhile ??= summary(await get("series-summary", { series: asked.series }));
    waiting(seconds, meanwhile);
  });
  const ranges = rangesIn(parameters);
  const picked = new Set(parameters.getAll("pick").filter((name) => page.runs.some((row) => row.run === name)));
  const context = { ...asked, axes, page, report: page.report, ranges, picked,
    change: (changes) => go("series", { ...asked, axis: axes, range: rangeTexts(ranges), pick: [...picked], sort: remembered("sort"), ...changes }) };
  const head = [crumbs(link("series", ""), asked.series), h("h1", {}, page.title || asked.series),
    page.question ? h("details", {}, h("summary", {}, "What was asked"), h("p", { class: "asked" }, page.question)) : null];
  const actions = await actionButtons(ACTIONS, { series: asked.series }, `series ${asked.series}`);
  if (!page.report) {
    return h("div", { "data-stale": page.stale || null }, head, actions, h("p", { class: "note" }, page.why), statusTable(page));
  }
  const runs = h("div", {}, runTable(context, page.report.runs));
  context.keepRuns = (kept) => runs.replaceChildren(runTable(context, page.report.runs.filter((run) => kept === null || kept.has(run.run))));
  return h("div", { "data-stale": page.stale || null }, head, tiles(context), controls(context, actions), notes(page.report.warnings),
    h("div", { class: "cards" }, differences(context), costFigure(context)), runs,
    h("div", { class: "cards" }, factorFigures(context)), sentences(context), h("h2", {}, "Jobs"), statusTable(page), h("h2", {}, "Where the numbers come from"),
    table("Provenance", [{ name: "what", title: "what", cell: (row) => row.what }, { name: "value", title: "value", cell: (row) => row.value }],
      page.report.provenance));
}

/** The means of the runs, while the server compares them. */
function summary(page) {
  const { metrics } = page;
  return h("div", {}, crumbs(link("series", ""), page.series), h("h1", {}, page.title || page.series),
    h("p", { class: "note" }, "The runs are being compared. Until then: their means, each over its own finished items."),
    table("Means of the runs", [
      { name: "run", title: "run", cell: (run) => link(run.run, "run", { run: `${page.series}/${run.run}` }), sort: (run) => run.run },
      { name: "method", title: "method", cell: (run) => run.method, sort: (run) => run.method },
      { name: "done", title: "items", number: true, cell: (run) => `${run.done} of ${run.videos}`, sort: (run) => run.done },
      ...metrics.map((metric) => ({ name: metric.name, title: `${metric.name}${metric.unit ? ` (${metric.unit})` : ""}`, number: true,
        cell: (run) => number(run[metric.name], metric.decimals), sort: (run) => run[metric.name] })),
      { name: "train_s", title: "train s", number: true, cell: (run) => number(run.train_s, 2), sort: (run) => run.train_s },
    ], page.runs, { order: metrics[0]?.name, lowFirst: metrics[0] && !metrics[0].higher_is_better, lead: 0, page: 100 }));
}

const metricOf = ({ page, report }) => page.metrics.find((each) => each.name === report.metric);
const bare = (series, name) => (name.startsWith(`${series}/`) ? name.slice(series.length + 1) : name);
const compared = ({ report }) => report.comparisons.filter((each) => each.metric === report.metric && each.difference !== null);
const withUnit = (text, metric) => (metric.unit ? `${text} ${metric.unit}` : text);

function tiles(context) {
  const { page, series, report } = context;
  const sum = (name) => page.runs.reduce((total, row) => total + row[name], 0);
  const metric = metricOf(context);
  const best = compared(context).sort((a, b) => (metric.higher_is_better ? b.difference - a.difference : a.difference - b.difference))[0];
  return h("div", { class: "tiles" }, tile(report.runs.length, "runs"), tile(`${sum("done")} of ${sum("jobs")}`, "jobs done"),
    tile(sum("failed"), `failed, and ${sum("expected")} as expected`, sum("failed") ? "bad" : null),
    best ? tile(bare(series, best.run), `gains most over ${bare(series, best.baseline)}: ${withUnit(signed(best.difference, metric.decimals), metric)}`) : null);
}

function controls(context, actions) {
  const { page, series, report, baseline, picked, change } = context;
  const compare = h("button", { type: "button", class: "primary", onclick: () => {
    if (picked.size > 0) go("compare", { baseline: report.baseline || `${series}/${report.runs[0].run}`, run: [...picked].map((name) => `${series}/${name}`), metric: report.metric });
  } }, "Compare chosen runs");
  return h("div", { class: "controls" },
    select("Metric", page.metrics.map((each) => each.name), report.metric, (value) => change({ metric: value })),
    select("Baseline", ["", ...report.runs.map((run) => `${series}/${run.run}`)], baseline, (value) => change({ baseline: value })),
    compare, link("Failures", "failures", { series }), actions);
}

function runTable(context, runs) {
  const { page, report, series, picked } = context;
  const digits = Object.fromEntries(page.metrics.map((each) => [each.name, each.decimals]));
  const differences = new Map(compared(context).map((each) => [bare(series, each.run), each]));
  const metric = metricOf(context);
  return table("Runs; click a heading to sort, tick runs to compare them with the baseline", [
    { name: "pick", title: "compare", cell: (run) => h("input", { type: "checkbox", "aria-label": `compare ${run.run}`, checked: picked.has(run.run),
      onchange: (event) => {
        if (event.target.checked) picked.add(run.run);
        else picked.delete(run.run);
        remember({ pick: [...picked] });
      } }) },
    { name: "run", title: "run", cell: (run) => link(run.run, "run", { run: `${series}/${run.run}` }), sort: (run) => run.run },
    { name: "method", title: "method", cell: (run) => run.method, sort: (run) => run.method },
    ...Object.keys(report.varied).filter((name) => name !== "method").map((name) => ({ name, title: name, number: true,
      cell: (run) => String(run.parameters[name] ?? "-"), sort: (run) => run.parameters[name] ?? null })),
    { name: "done", title: "items", number: true, cell: (run) => `${run.done} of ${run.videos}`, sort: (run) => run.done },
    { name: "difference", title: `${metric.name} vs baseline`, number: true, sort: (run) => differences.get(run.run)?.difference ?? null,
      cell: (run) => {
        const each = differences.get(run.run);
        if (!each) return "-";
        const tone = each.difference === 0 ? null : (each.difference > 0) === metric.higher_is_better ? "good" : "bad";
        return h("span", { class: tone, title: each.sentence }, signed(each.difference, metric.decimals + 1));
      } },
    ...page.metrics.map((each) => ({ name: each.name, title: `${each.name}${each.unit ? ` (${each.unit})` : ""}`, number: true,
      cell: (run) => {
        const value = run.metrics[each.name];
        if (value?.mean === undefined || value.mean === null) return "-";
        return `${number(value.mean, digits[each.name])}${value.standard_error === undefined ? "" : ` ± ${number(value.standard_error, digits[each.name])}`}`;
      }, sort: (run) => run.metrics[each.name]?.mean ?? null })),
    { name: "adapt_s", title: "adapt s", number: true, cell: (run) => number(run.adaptation_s, 2), sort: (run) => run.adaptation_s },
    { name: "generate_s", title: "generate s", number: true, cell: (run) => number(run.mean_seconds.generate_s, 2), sort: (run) => run.mean_seconds.generate_s },
  ], runs, { order: report.metric, lowFirst: !metric.higher_is_better, lead: 1, page: 100, ...sortInAddress() });
}

function differences(context) {
  const { series, report, baseline } = context;
  const all = compared(context), metric = metricOf(context);
  if (all.length === 0) return null;
  const rows = all.slice(0, MOST_LINES).map((each) => ({ label: bare(series, each.run), value: each.difference, text: signed(each.difference, metric.decimals + 1),
    low: each.low, high: each.high, familyLow: each.family_low, familyHigh: each.family_high,
    href: address("compare", { baseline: each.baseline.includes("/") ? each.baseline : report.baseline, run: `${series}/${bare(series, each.run)}`, metric: report.metric }) }));
  return card(`Difference from ${bare(series, report.baseline)} in ${withUnit(report.metric, { unit: metric.unit && `(${metric.unit})` })}`,
    [h("div", { class: "tall" }, scrolled("Differences", intervals(`difference of each run from ${report.baseline}`, rows))),
      h("p", { class: "quiet" }, all.some((each) => each.low !== null && each.low !== undefined)
        ? "Thick: uncorrected 95 % interval; thin: corrected for all of them."
        : "No interval: fewer than 20 pairs.")],
    figureFile("differences", { series, metric: report.metric, baseline }));
}

function sentences(context) {
  const all = context.report.comparisons.filter((each) => each.metric === context.report.metric);
  if (all.length === 0) return null;
  return h("details", { open: all.length <= 16 }, h("summary", {}, "In words"), h("ul", { class: "findings" }, all.map((each) => h("li", {}, each.sentence))));
}

function factorFigures(context) {
  const { report, series, axes, rows, columns, change, metric, baseline } = context;
  const names = Object.keys(report.varied);
  const runs = report.runs.filter((run) => run.treated && run.metrics[report.metric]?.mean !== undefined).slice(0, MOST_LINES);
  if (names.length === 0 || runs.length < 2) return null;
  const unit = metricOf(context);
  const value = (run, name) => (name === "method" ? run.method : run.parameters[name] ?? "-");
  const means = runs.map((run) => run.metrics[report.metric].mean);
  const [low, high] = [Math.min(...means), Math.max(...means)];
  const share = (mean) => (high > low ? (unit.higher_is_better ? mean - low : high - mean) / (high - low) : 1);
  const shown = axes.filter((name) => names.includes(name)).length ? names.filter((name) => axes.includes(name)) : names;
  const lines = parallelCard(context, shown, names, runs.map((run, i) => ({ run, mean: means[i], share: share(means[i]),
    values: Object.fromEntries(shown.map((name) => [name, value(run, name)])) })));
  if (names.length < 2) return lines;
  // Unless a person chose: the two factors with the most combinations.
  const widest = context.page.grids.reduce((best, grid) => (grid.cells.length > best.cells.length ? grid : best));
  const byRow = names.includes(rows) ? rows : widest.rows;
  const byColumn = names.includes(columns) && columns !== byRow ? columns : widest.columns !== byRow ? widest.columns : names.find((name) => name !== byRow);
  return [lines, card(`Mean ${report.metric} over two factors`, [h("div", { class: "controls" },
    select("Rows", names, byRow, (name) => change({ rows: name, columns: byColumn === name ? byRow : byColumn })),
    select("Columns", names.filter((name) => name !== byRow), byColumn, (name) => change({ rows: byRow, columns: name }))),
  scrolled("Heat map", heatOf(context, unit.decimals, byRow, byColumn))],
  figureFile("heat", { series, metric, baseline, rows: byRow, columns: byColumn }))];
}

/** Lines over the axes; dragging along an axis keeps the runs within a range, here and in the table. */
function parallelCard(context, shown, names, entries) {
  const { report, series, metric, baseline, change, ranges, keepRuns } = context;
  const unit = metricOf(context);
  const picker = names.length > 1 ? h("div", { class: "controls" }, "Axes:", names.map((name) => h("label", {}, h("input", { type: "checkbox",
    checked: shown.includes(name), onchange: (event) => change({ axis: event.target.checked ? [...shown, name] : shown.filter((each) => each !== name) }) }), ` ${name}`))) : null;
  const axes = [...shown.map((name) => ({ name, values: entries.map((entry) => entry.values[name]) })),
    { name: report.metric, values: entries.map((entry) => entry.mean) }];
  const count = h("p", { class: "quiet", role: "status" });
  const fields = h("div");
  const set = (name, range, isOver) => {
    if (range) ranges.set(name, range);
    else ranges.delete(name);
    show(isOver);
  };
  const drawn = () => parallel(`parallel coordinates of ${shown.join(", ")} and ${report.metric}`, axes,
    entries.map(({ run, mean, share }) => ({ label: `${run.run}: ${number(mean, unit.decimals)}`, href: address("run", { run: `${series}/${run.run}` }), share })),
    { ranges, changed: set });
  let figure = drawn();
  const place = h("div", {}, figure.node);
  const redraw = () => { figure = drawn(); place.replaceChildren(figure.node); };
  const show = (isOver) => {
    const kept = within(ranges, axes, entries.length);
    figure.keep(kept);
    count.replaceChildren(ranges.size === 0 ? "Drag along an axis to keep only the runs within a range." : `${kept.filter(Boolean).length} of ${entries.length} runs are within the ranges. `,
      ranges.size === 0 ? "" : h("button", { type: "button", onclick: () => { ranges.clear(); redraw(); show(true); } }, "Show all"));
    if (!isOver) return;
    const open = fields.querySelector("details")?.open ?? false;
    fields.replaceChildren(rangeFields(axes, ranges, (name, range) => { set(name, range, false); redraw(); show(true); }));
    fields.querySelector("details").open = open;
    remember({ range: rangeTexts(ranges) });
    keepRuns(ranges.size === 0 ? null : new Set(entries.filter((_, i) => kept[i]).map(({ run }) => run.run)));
  };
  show(true);
  return card("What the series varies", [picker, scrolled("Parallel coordinates", place), count, fields],
    figureFile("parallel", { series, metric, baseline }));
}

/** A cell for each combination of two factors, as the server averaged it. */
function heatOf({ page, report, series }, decimals, byRow, byColumn) {
  const grid = page.grids.find((each) => (each.rows === byRow && each.columns === byColumn) || (each.rows === byColumn && each.columns === byRow));
  const turned = grid.rows !== byRow;
  const cells = grid.cells.map((cell) => ({ row: turned ? cell.column : cell.row, column: turned ? cell.row : cell.column, value: cell.mean,
    text: `${number(cell.mean, decimals)}${cell.runs.length > 1 ? ` ×${cell.runs.length}` : ""}`, href: address("run", { run: `${series}/${cell.runs[0]}` }) }));
  const levels = (name, part) => report.varied[name].map(String).filter((level) => cells.some((cell) => cell[part] === level));
  return heatMap(`mean ${report.metric} by ${byRow} and ${byColumn}`, byRow, byColumn, levels(byRow, "row"), levels(byColumn, "column"), cells);
}

function costFigure(context) {
  const { report, series, metric, baseline } = context;
  const unit = metricOf(context);
  const points = report.runs.filter((run) => run.metrics[report.metric]?.mean !== undefined && run.adaptation_s !== null)
    .map((run) => ({ label: run.run, x: run.adaptation_s, y: run.metrics[report.metric].mean, error: run.metrics[report.metric].standard_error, front: run.front,
      text: `${number(run.metrics[report.metric].mean, unit.decimals)} in ${number(run.adaptation_s, 2)} s`, href: address("run", { run: `${series}/${run.run}` }) }));
  if (points.length < 2) return null;
  const front = points.filter((point) => point.front).sort((a, b) => a.x - b.x);
  return card("Cost and quality", [scrolled("Cost and quality", scatter("time to adapt against quality", "seconds to adapt to an item",
    withUnit(report.metric, { unit: unit.unit && `(${unit.unit})` }), points, { front, fromZero: true })),
  h("p", { class: "quiet" }, "Seconds of training and early-stop checks. Dashed: runs that no run beats in both. Bars: standard error.")], figureFile("cost", { series, metric, baseline }));
}

function statusTable(page) {
  const states = ["queued", "blocked", "leased", "done", "failed", "expected", "cancelled", "paused", "stopped"];
  return table("Runs and their jobs by state", [
    { name: "run", title: "run", cell: (row) => link(row.run, "run", { run: `${page.series}/${row.run}` }), sort: (row) => row.run },
    ...states.map((state) => ({ name: state, title: state, number: true, cell: (row) => row[state], sort: (row) => row[state] })),
    { name: "owner", title: "computed by", cell: (row) => row.owner ?? "" },
  ], page.runs, { page: 100 });
}
