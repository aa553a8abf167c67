// Players that keep in step. There is one clock, counted in frames: every video is paused and shows the
// frame that the clock names, so none can run ahead of another.
import { h, visible } from "./dom.js";

const STEP_KEYS = { ArrowLeft: -1, ArrowRight: 1 };
const SPEEDS = [0.1, 0.25, 0.5, 1, 2];

/** Why the browser shows no video of `source`: the server's error, or that it cannot play it. */
async function reasonOf(source) {
  const unplayable = "this browser cannot play the video";
  try {
    const response = await fetch(source);
    return response.ok ? unplayable : (await response.json()).error;
  } catch {
    return unplayable;
  }
}

/** One video element whose frame number is set; resolves when the frame is on screen. */
class FrameVideo {
  constructor(source, label, frames) {
    this.label = label;
    this.frames = frames;
    this.video = h("video", { src: source, muted: true, playsinline: true, preload: "auto", "aria-label": label });
    this.video.muted = true;
    /** "" once it can be shown, or why it cannot. */
    this.trouble = new Promise((resolve) => {
      this.video.addEventListener("loadeddata", () => resolve(""), { once: true });
      this.video.addEventListener("error", async () => resolve(`${label}: ${await reasonOf(source)}`), { once: true });
    });
  }

  /** Frames last equally long. */
  show(index) {
    // The middle of the frame: no rounding of times can name its neighbor.
    const time = ((index + 0.5) / this.frames) * this.video.duration;
    if (Math.abs(this.video.currentTime - time) < 1e-6) return Promise.resolve();
    return new Promise((resolve) => {
      this.video.addEventListener("seeked", resolve, { once: true });
      this.video.currentTime = time;
    });
  }
}

/**
 * `sources` are {label, url, frames, tone}, the tone that of the label's curve; the clip with the fewest frames
 * bounds the clock.
 * `onframe` hears every frame that is shown. `start` is {frame, difference, speed}: the number of the frame that
 * is shown first, whether differences are, and how fast to play; `onstand` hears them whenever a person has
 * changed them. Returns {node, frame()}.
 */
export function players(sources, onframe, start = {}, onstand = () => {}) {
  const frames = Math.min(...sources.map((source) => source.frames));
  const first = Math.min(Math.max(Math.trunc(start.frame) || 1, 1), frames) - 1;
  const videos = sources.map((source) => new FrameVideo(source.url, source.label, source.frames));
  const message = h("p", { class: "note", role: "alert", hidden: true });
  const position = h("output", {}, "loading");
  const slider = h("input", { type: "range", min: 0, max: frames - 1, step: 1, value: 0, "aria-label": "Frame",
    oninput: () => show(Number(slider.value)), onchange: () => stand() });
  const play = h("button", { type: "button", class: "primary", onclick: () => (timer ? stop() : begin()) }, "Play");
  const speed = h("select", { "aria-label": "Speed", onchange: () => stand() }, SPEEDS.map((value) =>
    h("option", { value, selected: value === (SPEEDS.includes(start.speed) ? start.speed : 1) }, `${value}x`)));
  let index = 0, timer = null, busy = false, playing = [];

  async function show(next) {
    if (busy || playing.length === 0) return;
    busy = true;
    index = (next + frames) % frames;
    await Promise.all(playing.map((video) => video.show(index)));
    slider.value = index;
    position.textContent = `frame ${index + 1} of ${frames}`;
    drawDifference();
    onframe(index);
    busy = false;
  }
  function begin() {
    if (playing.length === 0) return;
    play.textContent = "Pause";
    const tick = async () => {
      const shownAt = performance.now();
      await show(index + 1);
      const wait = 1000 * playing[0].video.duration / playing[0].frames / Number(speed.value) - (performance.now() - shownAt);
      if (timer) timer = setTimeout(tick, Math.max(wait, 0));
    };
    timer = setTimeout(tick, 0);
  }
  async function step(by) {
    stop();
    await show(index + by);
    stand();
  }
  function stop() {
    clearTimeout(timer);
    timer = null;
    play.textContent = "Play";
    stand();
  }
  const stand = () => onstand({ frame: index + 1, difference: toggle.getAttribute("aria-pressed") === "true", speed: Number(speed.value) });

  // |run - ground truth| by the canvas's own blending: no pixel is read back.
  const canvases = videos.map((video, i) => h("canvas", { hidden: true, role: "img",
    "aria-label": `difference of ${video.label} from ${videos[0].label}`, "data-index": i }));
  const toggle = h("button", { type: "button", "aria-pressed": "false", onclick: () => {
    const on = toggle.getAttribute("aria-pressed") !== "true";
    toggle.setAttribute("aria-pressed", on);
    canvases.forEach((canvas, i) => { canvas.hidden = !on || i === 0; });
    stand();
    drawDifference();
  } }, "Difference from the first");
  function drawDifference() {
    if (toggle.getAttribute("aria-pressed") !== "true") return;
    canvases.forEach((canvas, i) => {
      if (i === 0 || !playing.includes(videos[i]) || !playing.includes(videos[0])) return;
      const video = videos[i].video;
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      const pen = canvas.getContext("2d");
      pen.globalCompositeOperation = "copy";
      pen.drawImage(video, 0, 0);
      pen.globalCompositeOperation = "difference";
      pen.drawImage(videos[0].video, 0, 0);
    });
  }

  Promise.all(videos.map((video) => video.trouble)).then((troubles) => {
    playing = videos.filter((_, i) => troubles[i] === "");
    const told = troubles.filter((trouble) => trouble !== "");
    message.hidden = told.length === 0;
    message.textContent = told.map(visible).join("; ");
    if (playing.length === 0) position.textContent = "no video can be shown";
    index = first;
    if (videos.length > 1 && start.difference) toggle.click();
    return show(first);
  });
  const caption = (i) => h("figcaption", { class: "legend" },
    sources[i].tone === undefined ? null : h("span", { class: `swatch series${sources[i].tone}`, "aria-hidden": true }), sources[i].label);
  const node = h("section", { "aria-label": "Players", tabindex: 0, class: "card", onkeydown: (event) => {
    if (event.target.tagName === "SELECT" || event.target.type === "range") return;
    if (event.key === " " && event.target.tagName !== "BUTTON") { event.preventDefault(); timer ? stop() : begin(); }
    if (event.key in STEP_KEYS) { event.preventDefault(); step(STEP_KEYS[event.key]); }
  } },
  h("div", { class: "players" }, videos.map((video, i) => h("figure", {}, video.video, canvases[i], caption(i)))),
  message,
  h("div", { class: "controls player-controls" }, play,
    h("button", { type: "button", onclick: () => step(-1) }, "Back one frame"),
    h("button", { type: "button", onclick: () => step(1) }, "Forward one frame"),
    slider, position, speed, videos.length > 1 ? toggle : null),
  h("p", { class: "quiet" }, "Keys: space plays, arrows step."));
  return { node, frame: () => index };
}
