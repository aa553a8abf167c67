// The router: an address `#/view/part?name=value` names every state of the page.
import { follow } from "./api.js";
import { h } from "./dom.js";
import { compareView } from "./views/compare.js";
import { failuresView } from "./views/failures.js";
import { itemView } from "./views/item.js";
import { queryView } from "./views/query.js";
import { queueView } from "./views/queue.js";
import { runView } from "./views/run.js";
import { seriesListView } from "./views/series_list.js";
import { seriesView } from "./views/series.js";

const VIEWS = {
  "": { view: seriesListView, live: true },
  series: { view: seriesView, live: true },
  run: { view: runView },
  compare: { view: compareView },
  item: { view: itemView },
  queue: { view: queueView, live: true },
  failures: { view: failuresView, live: true },
  query: { view: queryView },
};

/** What the address says: {name, parameters}. */
function place() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  return { name: path, parameters: new URLSearchParams(query ?? "") };
}

let drawing = 0;

async function draw(quietly) {
  const main = document.getElementById("main");
  const mine = ++drawing;
  const { name, parameters } = place();
  const entry = VIEWS[name];
  for (const link of document.querySelectorAll("nav a")) {
    if (link.getAttribute("href") === `#/${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (!quietly) main.replaceChildren(h("p", { class: "quiet" }, "loading"));
  let content;
  try {
    content = entry ? await entry.view(parameters) : h("p", { class: "note" }, `no view '${name}'`);
  } catch (error) {
    content = h("div", {}, h("h1", {}, "Not shown"), h("p", { class: "note", role: "alert" }, error.message));
  }
  if (mine !== drawing) return; // a later address won
  main.replaceChildren(content);
  document.title = `${main.querySelector("h1")?.textContent ?? "Coxswain"} - Coxswain`;
  if (!quietly) main.focus({ preventScroll: true });
}

window.addEventListener("hashchange", () => draw(false));
let waiting = false;
follow(() => {
  if (waiting || !VIEWS[place().name]?.live) return;
  waiting = true; // a burst of events draws once a second
  setTimeout(() => { waiting = false; draw(true); }, 1000);
}, (state) => { document.getElementById("live").textContent = state; });
draw(false);
