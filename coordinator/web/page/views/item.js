import { get } from "../api.js";
import { curves } from "../charts.js";
import { h } from "../dom.js";
import { go, link } from "../link.js";
import { players } from "../player.js";

/** Side by side, more are too small to see. */
const MOST_PLAYERS = 6;

export async function itemView(parameters) {
  const series = parameters.get("series") ?? "", item = parameters.get("item") ?? "";
  const page = await get("item", { series, item });
  const short = (name) => (name.startsWith(`${series}/`) ? name.slice(series.length + 1) : name);
  const named = parameters.getAll("run").map(short).filter((name) => page.runs.some((run) => run.run === name));
  const first = page.runs.find((run) => run.method === "none") ?? page.runs[0];
  const chosen = (named.length ? named : [first.run]).slice(0, MOST_PLAYERS)
    .map((name) => page.runs.find((run) => run.run === name));
  const choose = h("fieldset", {}, h("legend", {}, `Runs to show, at most ${MOST_PLAYERS}`), page.runs.map((run) => {
    const on = chosen.includes(run);
    return h("label", {}, h("input", { type: "checkbox", checked: on, onchange: () => {
      const next = on ? chosen.filter((each) => each !== run) : [...chosen, run].slice(-MOST_PLAYERS);
      go("item", { series, item, run: next.map((each) => each.run) });
    } }), ` ${run.run} `);
  }));
  return h("div", {}, h("h1", {}, item), h("p", {}, link(`Series ${series}`, "series", { series })),
    playerSection(chosen), adaptationSection(chosen),
    h("details", {}, h("summary", {}, `Choose among ${page.runs.length} runs`), choose));
}

function playerSection(runs) {
  const shown = runs.filter((run) => run.has_video);
  if (shown.length === 0) return h("p", { class: "note" }, "No video was kept for these runs.");
  const truth = shown.find((run) => run.has_reference);
  const sources = [truth ? { label: "ground truth", url: `/video/${truth.job}/reference.mp4` } : null,
    ...shown.map((run) => ({ label: run.run, url: `/video/${run.job}/generated.mp4` }))].filter(Boolean);
  const frames = Math.min(...shown.map((run) => run.scored_frames));
  const metrics = Object.keys(shown[0].per_frame ?? {});
  const charts = metrics.map((metric) => ({ metric, chart: curves(`${metric} of each frame`, "frame",
    shown.filter((run) => run.per_frame?.[metric]).map((run) => ({ label: run.run, values: run.per_frame[metric] }))) }));
  const player = players(sources, frames, (frame) => charts.forEach((each) => each.chart.cursor(frame)));
  return h("section", {}, player.node, charts.map((each) => h("div", {}, h("h2", {}, `${each.metric} of each frame`), each.chart.node)));
}

function adaptationSection(runs) {
  const trained = runs.filter((run) => run.losses?.length);
  if (trained.length === 0) return null;
  return h("section", {}, h("h2", {}, "Training loss of each step"),
    curves("training loss", "step", trained.map((run) => ({ label: run.run, values: run.losses })), 1).node,
    trained.map((run) => h("p", { class: "quiet" },
      `${run.run}: ${run.steps_run} steps, state of step ${run.best_step} generated${run.stopped ? ", stopped early" : ""}`)),
    trained.some((run) => run.anchor_losses?.length) ? [h("h2", {}, "Held-out loss of each early-stop check"),
      curves("held-out loss", "check", trained.filter((run) => run.anchor_losses?.length)
        .map((run) => ({ label: run.run, values: run.anchor_losses }))).node] : null);
}
