import { actionButtons } from "../actions.js";
import { get } from "../api.js";
import { h } from "../dom.js";
import { clock } from "../format.js";
import { crumbs, link } from "../link.js";

const PAGE = 100;

export async function failuresView(parameters) {
  const series = parameters.get("series") ?? "", offset = Number(parameters.get("offset") ?? 0);
  const page = await get("failures", { series, offset, limit: PAGE });
  const retryAll = series ? await actionButtons(["retry"], { series }, `series ${series}`) : null;
  const entries = await Promise.all(page.failures.map(failure));
  return h("div", {}, crumbs(link("series", ""), series ? link(series, "series", { series }) : null, "failures"),
    h("h1", {}, series ? `Failures of ${series}` : "Failures"),
    h("p", { class: "quiet" }, page.count === 0 ? "No job ended without a result." : `${page.count} ${page.count === 1 ? "job" : "jobs"} ended without a result`), retryAll, entries,
    h("div", { class: "controls" },
      offset > 0 ? link("Later failures", "failures", { series, offset: Math.max(offset - PAGE, 0) || undefined }) : null,
      page.failures.length === PAGE ? link("Earlier failures", "failures", { series, offset: offset + PAGE }) : null));
}

async function failure(each) {
  return h("article", { class: "card" },
    h("h2", {}, link(`${each.series}/${each.run}`, "run", { run: `${each.series}/${each.run}` }), ` on ${each.item}`),
    h("p", {}, h("strong", { class: each.expected ? null : "bad" }, `${each.state} (${each.cause ?? "unknown"})${each.expected ? ", as expected" : ""}: `), each.message ?? ""),
    h("p", { class: "quiet" }, `attempt ${each.attempt} on ${each.worker ?? "-"} (${each.machine ?? "-"}), ${clock(each.ended_us)}`),
    h("div", { class: "controls" }, h("span", {}, "Run it again: ", h("code", {}, `cox retry --job ${each.job_digest}`)),
      each.expected ? null : await actionButtons(["retry"], { job: each.job_digest }, `job ${each.job_digest.slice(0, 12)}`)),
    each.log_tail ? h("details", {}, h("summary", {}, "End of the log"), h("pre", {}, each.log_tail)) : null);
}
