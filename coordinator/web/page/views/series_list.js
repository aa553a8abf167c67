import { get } from "../api.js";
import { h, table } from "../dom.js";
import { duration, number } from "../format.js";
import { link } from "../link.js";

const tile = (value, what, isBad) => h("div", { class: "tile" }, h("b", { class: isBad ? "bad" : null }, value), h("span", {}, what));

export async function seriesListView(parameters, waiting) {
  const { source, series, stale } = await get("series-list", {}, waiting);
  const sum = (name) => series.reduce((total, row) => total + (row[name] ?? 0), 0);
  const rate = sum("jobs_per_minute");
  return h("div", { "data-stale": stale || null }, h("h1", {}, "Series"), h("p", { class: "quiet" }, source),
    series.length === 0 ? h("p", {}, "No series yet: cox run or cox submit adds one.") : [
      h("div", { class: "tiles" }, tile(series.length, "series"), tile(`${sum("done").toLocaleString()} of ${sum("jobs").toLocaleString()}`, "jobs done"),
        tile(sum("failed").toLocaleString(), "failed", sum("failed") > 0), tile(number(rate, 1), "jobs a minute lately"),
        tile(sum("open") > 0 && rate > 0 ? duration(60 * sum("open") / rate) : "-", "left at that rate")),
      table("Every series with its jobs", [
        { name: "series", title: "series", cell: (row) => link(row.series, "series", { series: row.series }), sort: (row) => row.series },
        { name: "title", title: "title", cell: (row) => row.title },
        { name: "runs", title: "runs", number: true, cell: (row) => row.runs, sort: (row) => row.runs },
        { name: "progress", title: "progress", cell: (row) => h("progress", { max: row.jobs, value: row.jobs - row.open,
          "aria-label": `${row.series}: ${row.jobs - row.open} of ${row.jobs} jobs ended` }) },
        { name: "done", title: "done", number: true, cell: (row) => `${row.done} of ${row.jobs}`, sort: (row) => row.done },
        { name: "failed", title: "failed", number: true, sort: (row) => row.failed,
          cell: (row) => (row.failed ? h("a", { class: "bad", href: `#/failures?series=${encodeURIComponent(row.series)}` }, row.failed) : 0) },
        { name: "expected", title: "expected to fail", number: true, cell: (row) => row.expected },
        { name: "paused", title: "paused", number: true, cell: (row) => row.paused },
        { name: "rate", title: "jobs/min", number: true, cell: (row) => number(row.jobs_per_minute, 1) },
        { name: "left", title: "time left", number: true, cell: (row) => duration(row.seconds_left) },
      ], series, { lead: 0 })]);
}
