import { actionButtons } from "../actions.js";
import { get } from "../api.js";
import { h, table } from "../dom.js";
import { clock } from "../format.js";
import { crumbs, link } from "../link.js";

const text = (name, title = name) => ({ name, title, cell: (row) => row[name] ?? "", sort: (row) => row[name] });
const seriesCell = { name: "series", title: "series", cell: (row) => (row.series ? link(row.series, "series", { series: row.series }) : ""), sort: (row) => row.series };
const runCell = { name: "run", title: "run", cell: (row) => (row.run ? link(row.run, "run", { run: `${row.series}/${row.run}` }) : ""), sort: (row) => row.run };

export async function queueView(parameters, waiting) {
  const page = await get("queue", {}, waiting);
  const buttons = new Map(await Promise.all([...new Set(page.waiting.map((row) => row.series))].map(async (series) =>
    [series, await actionButtons(["pause", "cancel"], { series }, `series ${series}`)])));
  const waits = page.waiting.reduce((sum, row) => sum + row.jobs, 0);
  const tile = (value, what) => h("div", { class: "tile" }, h("b", {}, value), h("span", {}, what));
  return h("div", { "data-stale": page.stale || null }, crumbs("queue"), h("h1", {}, "Queue"),
    h("div", { class: "tiles" }, tile(page.workers.length, "workers connected"), tile(page.running.length, "jobs with workers"),
      tile(waits.toLocaleString(), "jobs wait")),
    page.workers.length ? table("Connected workers", [text("worker"), text("machine"), text("device_name", "device"),
      text("jobs", "jobs held")], page.workers) : h("p", {}, "No worker is connected."),
    page.running.length ? table("With workers now", [seriesCell, runCell, text("item"), text("worker"),
      { name: "since", title: "since", cell: (row) => clock(row.granted_us) }, text("attempt")], page.running) : null,
    page.waiting.length ? table("Waiting, and why", [seriesCell, text("jobs"), text("gpus"), text("why"),
      { name: "change", title: "", cell: (row) => buttons.get(row.series) ?? "" }], page.waiting) : h("p", {}, "No job waits."),
    table("Latest events", [{ name: "time", title: "time", number: true, cell: (row) => clock(row.time_us) }, text("kind"), seriesCell,
      runCell, text("item"), text("worker"), text("message")], page.events));
}
