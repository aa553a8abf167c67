// Buttons that change the queue. They are shown to whoever may use them.
import { makeChange, session } from "./api.js";
import { h } from "./dom.js";

const VERBS = {
  pause: { label: "Pause", done: "paused", title: "Pause queued jobs; running jobs finish" },
  resume: { label: "Resume", done: "resumed", title: "Resume paused jobs" },
  retry: { label: "Retry failed", done: "queued again", title: "Queue jobs without a result again" },
  cancel: { label: "Cancel", done: "cancelled", title: "End jobs that are not finished; results stay", asks: true },
};

export function toast(text, isBad = false) {
  const node = document.getElementById("toast");
  node.textContent = text;
  node.classList.toggle("bad", isBad);
  node.hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { node.hidden = true; }, 6000);
}

/** Asks in a dialog; resolves to whether the person agreed. */
function agreed(question, yes) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { "aria-label": question, onclose: () => { dialog.remove(); resolve(dialog.returnValue === "yes"); } },
      h("p", {}, question),
      h("div", { class: "controls" },
        h("button", { type: "button", onclick: () => dialog.close("no") }, "Keep them"),
        h("button", { type: "button", class: "danger", onclick: () => dialog.close("yes") }, yes)));
    document.body.append(dialog);
    dialog.showModal();
  });
}

async function act(verb, target, name) {
  if (VERBS[verb].asks && !(await agreed(`${VERBS[verb].label} the unfinished jobs of ${name}? Finished results stay.`,
    `${VERBS[verb].label} jobs`))) return;
  try {
    const { changed_jobs: changed, untouched_jobs: untouched } = await makeChange({ verb, ...target });
    toast(`${name}: ${changed} ${changed === 1 ? "job" : "jobs"} ${VERBS[verb].done}; ${untouched} left unchanged`);
    window.dispatchEvent(new Event("cox-changed"));
  } catch (error) {
    toast(error.message, true);
  }
}

/** Buttons for `verbs` on `target`, {series, run} or {job}, that a person knows as `name`; null without the role. */
export async function actionButtons(verbs, target, name) {
  const { may_change: allowed } = await session();
  if (!allowed) return null;
  return h("div", { class: "actions", role: "group", "aria-label": `Change ${name}` }, verbs.map((verb) =>
    h("button", { type: "button", title: VERBS[verb].title, class: VERBS[verb].asks ? "danger" : null,
      onclick: () => act(verb, target, name) }, VERBS[verb].label)));
}
