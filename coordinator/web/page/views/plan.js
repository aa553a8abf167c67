import { get } from "../api.js";
import { h, table } from "../dom.js";
import { duration } from "../format.js";
import { crumbs, go, notes } from "../link.js";

export async function planView(parameters) {
  const files = parameters.getAll("file"), workers = parameters.get("workers") ?? "1", videos = parameters.get("videos") ?? "100";
  const page = await get("plan", { file: files, workers, videos });
  const change = (name, value) => go("plan", { file: files, workers, videos, [name]: value });
  const number = (label, name, value) => h("label", {}, `${label} `, h("input", { type: "number", min: 1, value, size: 7,
    onchange: (event) => change(name, event.target.value) }));
  const box = (file) => h("label", {}, h("input", { type: "checkbox", checked: files.includes(file), onchange: (event) =>
    change("file", event.target.checked ? [...files, file] : files.filter((each) => each !== file)) }), ` ${file}`);
  return h("div", {}, crumbs("plan"), h("h1", {}, "What sweeps would cost"),
    h("p", { class: "quiet" }, "Jobs of all chosen files together, as one queue runs them. Videos and models are not read: each data set counts as the number of videos given here."),
    h("div", { class: "controls" }, number("Workers", "workers", workers), number("Videos of each data set", "videos", videos)),
    h("details", { open: files.length === 0 || page.files.length <= 12 }, h("summary", {}, `${files.length} of ${page.files.length} sweep files chosen`),
      h("div", { class: "controls" },
        h("button", { type: "button", onclick: () => change("file", page.files) }, "Choose all"),
        h("button", { type: "button", onclick: () => change("file", []) }, "Choose none")),
      h("fieldset", {}, h("legend", {}, "Sweep files"), page.files.map(box))),
    page.price ? priceSection(page) : h("p", {}, "Choose a file."));
}

const tile = (value, what) => h("div", { class: "tile" }, h("b", {}, value), h("span", {}, what));
const hours = (value) => `${value.toFixed(value < 10 ? 2 : 0)} h`;

function priceSection(page) {
  const price = page.price;
  return h("section", {}, h("div", { class: "tiles" },
    tile(price.runs, `runs, ${price.distinct_runs} distinct`), tile(price.jobs, "jobs"),
    tile(hours(price.gpu_hours.shared), "device time, work shared"),
    tile(hours(price.gpu_hours.naive), "device time without sharing"),
    tile(duration(price.finish_s), `until the end, ${price.workers} ${price.workers === 1 ? "worker" : "workers"}`)),
  notes(price.duplicates?.length ? [`${price.duplicates.length} groups of runs compute the same`] : []),
  h("div", { class: "card" }, h("h2", {}, "Where the time goes"), h("pre", {}, page.text)),
  h("details", {}, h("summary", {}, `${page.runs.length} runs`), table("Runs of the chosen files", [
    { name: "series", title: "series", cell: (row) => row.series, sort: (row) => row.series },
    { name: "run", title: "run", cell: (row) => row.run, sort: (row) => row.run },
    { name: "method", title: "method", cell: (row) => row.method, sort: (row) => row.method }], page.runs)));
}
