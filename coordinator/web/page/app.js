// The router: an address `#/view/part?name=value` names every state of the page.
import { follow, session } from "./api.js";
import { h } from "./dom.js";
import { kept } from "./keep.js";
import { compareView } from "./views/compare.js";
import { failuresView } from "./views/failures.js";
import { itemView } from "./views/item.js";
import { loginView } from "./views/login.js";
import { planView } from "./views/plan.js";
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
  plan: { view: planView },
  query: { view: queryView },
};
/** From this width on, figures do not depend on it. */
const WIDE_PX = 1200;
/** A document that was out of date is asked for again after so long. */
const STALE_MS = 2000;

/** What the address says: {name, parameters}. */
function place() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  return { name: path, parameters: new URLSearchParams(query ?? "") };
}

let drawing = 0;

function problem(error) {
  if (error.status === 401) return loginView(() => start());
  return h("div", {}, h("h1", {}, "Not shown"), h("p", { class: "note", role: "alert" }, error.message));
}

async function draw(quietly) {
  const main = document.getElementById("main");
  const mine = ++drawing;
  const { name, parameters } = place();
  const entry = VIEWS[name];
  for (const link of document.querySelectorAll("header nav a")) {
    if (link.getAttribute("href") === `#/${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const wait = h("p", { class: "quiet", role: "status" }, "loading");
  if (!quietly) main.replaceChildren(wait);
  /** Shows how long the server has been computing; `meanwhile` is shown until the result arrives. */
  const waiting = (seconds, meanwhile = null) => {
    if (mine !== drawing || quietly) return;
    wait.textContent = `computing, ${seconds.toFixed(0)} s so far`;
    if (meanwhile && !meanwhile.isConnected) main.replaceChildren(wait, meanwhile);
  };
  let content;
  try {
    content = entry ? await entry.view(parameters, waiting) : h("p", { class: "note" }, `no view '${name}'`);
  } catch (error) {
    content = problem(error);
  }
  if (mine !== drawing) return; // a later address won
  const restore = quietly ? kept(main) : () => {};
  main.replaceChildren(content);
  restore();
  document.title = `${main.querySelector("h1")?.textContent ?? "Coxswain"} - Coxswain`;
  if (!quietly) main.focus({ preventScroll: true });
  if (content.dataset?.stale) setTimeout(() => { if (mine === drawing) draw(true); }, STALE_MS);
}

window.addEventListener("hashchange", () => draw(false));
window.addEventListener("cox-changed", () => draw(true));

/** Figures are drawn for the width of the window: a phone that is turned gets them again. */
const RESIZED_MS = 250;
let drawnWidth = document.documentElement.clientWidth, resized = null;
window.addEventListener("resize", () => {
  clearTimeout(resized);
  resized = setTimeout(() => {
    const width = document.documentElement.clientWidth, before = drawnWidth;
    drawnWidth = width;
    if (width !== before && Math.min(width, before) < WIDE_PX) draw(true);
  }, RESIZED_MS);
});

let waiting = false;
let stream = null;
async function start() {
  draw(false);
  const { role, plan } = await session();
  document.getElementById("plan-link").hidden = !plan;
  if (role === "none") return;
  stream?.close();
  stream = follow(() => {
    if (waiting || !VIEWS[place().name]?.live) return;
    waiting = true; // a burst of events draws once a second
    setTimeout(() => { waiting = false; draw(true); }, 1000);
  }, (state) => {
    const live = document.getElementById("live");
    live.textContent = state;
    live.dataset.state = state;
  });
}
start();
