import { get } from "../api.js";
import { curves, LINES } from "../charts.js";
import { h } from "../dom.js";
import { card, crumbs, figureFile, go, link, remember, remembered } from "../link.js";
import { players } from "../player.js";

/** Side by side, more are too small to see. */
const MOST_PLAYERS = 6;

export async function itemView(parameters) {
  const series = parameters.get("series") ?? "", item = parameters.get("item") ?? "";
  const page = await get("item", { series, item, run: parameters.getAll("run").slice(0, MOST_PLAYERS) });
  const shown = page.runs.map((run, i) => ({ ...run, tone: i % LINES }));
  const names = shown.map((run) => run.run);
  return h("div", {}, crumbs(link("series", ""), link(series, "series", { series }), item), h("h1", {}, item),
    playerSection(series, item, shown), adaptationSection(series, item, shown),
    h("details", {}, h("summary", {}, `Choose among ${page.all.length} runs`), chooser(series, item, page.all, names)));
}

function chooser(series, item, all, names) {
  return h("fieldset", {}, h("legend", {}, `Runs to show, at most ${MOST_PLAYERS}`), all.map(({ run }) => {
    const on = names.includes(run);
    return h("label", {}, h("input", { type: "checkbox", checked: on, onchange: () => {
      const next = on ? names.filter((each) => each !== run) : [...names, run].slice(-MOST_PLAYERS);
      go("item", { series, item, run: next, frame: remembered("frame"), difference: remembered("difference"), speed: remembered("speed") });
    } }), ` ${run}`);
  }));
}

const legend = (runs) => h("p", {}, runs.map((run) => h("span", { class: "legend" },
  h("span", { class: `swatch series${run.tone}`, "aria-hidden": true }), run.run)));

function playerSection(series, item, runs) {
  const shown = runs.filter((run) => run.has_video);
  const metrics = [...new Set(runs.flatMap((run) => Object.keys(run.per_frame)))];
  const charts = metrics.map((metric) => ({ metric, chart: curves(`${metric} of each frame`, "frame",
    runs.filter((run) => run.per_frame[metric]?.length).map((run) => ({ label: run.run, values: run.per_frame[metric], tone: run.tone })), 1) }));
  const figures = h("div", { class: "cards small" }, charts.map((each) => card(`${each.metric} of each frame`, each.chart.node,
    figureFile("frames", { series, item, metric: each.metric, run: runs.map((run) => run.run) }))));
  if (shown.length === 0) return h("section", {}, h("p", { class: "note" }, "No video was kept for these runs."), legend(runs), figures);
  const truth = shown.find((run) => run.has_reference);
  const sources = [truth ? { label: "ground truth", url: `/video/${truth.job}/reference.mp4`, frames: truth.scored_frames } : null,
    ...shown.map((run) => ({ label: run.run, url: `/video/${run.job}/generated.mp4`, frames: run.scored_frames, tone: run.tone }))].filter(Boolean);
  const player = players(sources, (frame) => charts.forEach((each) => each.chart.cursor(frame + 1)),
    { frame: Number(remembered("frame")), difference: remembered("difference") !== "", speed: Number(remembered("speed")) },
    (stood) => remember({ frame: [stood.frame], difference: stood.difference ? ["1"] : [], speed: stood.speed === 1 ? [] : [stood.speed] }));
  return h("section", {}, player.node, figures);
}

function adaptationSection(series, item, runs) {
  const trained = runs.filter((run) => run.losses.length);
  if (trained.length === 0) return null;
  const checked = trained.filter((run) => run.anchor_losses.length);
  const names = (list) => ({ series, item, run: list.map((run) => run.run) });
  return h("section", {}, h("h2", {}, "Adaptation"), h("div", { class: "cards small" },
    card("Training loss of each step", curves("training loss", "step", trained.map((run) => ({ label: run.run, values: run.losses, tone: run.tone })), 1).node,
      figureFile("loss", names(trained))),
    checked.length ? card("Held-out loss of each early-stop check", curves("held-out loss", "check",
      checked.map((run) => ({ label: run.run, values: run.anchor_losses, tone: run.tone }))).node, figureFile("early-stop", names(checked))) : null),
  trained.map((run) => h("p", { class: "quiet" },
    `${run.run}: ${run.steps_run} steps, state of step ${run.best_step} generated${run.stopped ? ", stopped early" : ""}`)));
}
