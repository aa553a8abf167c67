import { get } from "../api.js";
import { h, table } from "../dom.js";
import { clock } from "../format.js";
import { link } from "../link.js";

const text = (name, title = name) => ({ name, title, cell: (row) => row[name] ?? "", sort: (row) => row[name] });

export async function queueView() {
  const page = await get("queue");
  return h("div", {}, h("h1", {}, "Queue"),
    page.workers.length ? table("Connected workers", [text("worker"), text("machine"), text("device_name", "device"),
      text("jobs", "jobs held")], page.workers) : h("p", {}, "No worker is connected."),
    page.running.length ? table("With workers now", [text("series"), text("run"), text("item"), text("worker"),
      { name: "since", title: "since", cell: (row) => clock(row.granted_us) }, text("attempt")], page.running) : null,
    page.waiting.length ? table("Waiting", [
      { name: "series", title: "series", cell: (row) => link(row.series, "series", { series: row.series }) },
      text("jobs"), text("gpus"), text("why")], page.waiting) : h("p", {}, "No job waits."),
    table("Latest events", [{ name: "time", title: "time", cell: (row) => clock(row.time_us) }, text("kind"), text("series"),
      text("run"), text("item"), text("worker"), text("message")], page.events));
}
