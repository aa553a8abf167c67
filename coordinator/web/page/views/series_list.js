import { get } from "../api.js";
import { h, table } from "../dom.js";
import { duration, number } from "../format.js";
import { link } from "../link.js";

export async function seriesListView() {
  const { source, series } = await get("series-list");
  return h("div", {}, h("h1", {}, "Series"), h("p", { class: "quiet" }, source),
    series.length === 0 ? h("p", {}, "No series yet: cox run or cox submit adds one.") :
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
        { name: "rate", title: "jobs/min", number: true, cell: (row) => number(row.jobs_per_minute, 1) },
        { name: "left", title: "time left", number: true, cell: (row) => duration(row.seconds_left) },
      ], series));
}
