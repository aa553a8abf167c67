import { get } from "../api.js";
import { h } from "../dom.js";
import { clock } from "../format.js";
import { link } from "../link.js";

const PAGE = 100;

export async function failuresView(parameters) {
  const series = parameters.get("series") ?? "", offset = Number(parameters.get("offset") ?? 0);
  const page = await get("failures", { series, offset, limit: PAGE });
  return h("div", {}, h("h1", {}, series ? `Failures of ${series}` : "Failures"),
    h("p", { class: "quiet" }, `${page.count} jobs ended without a result`),
    page.failures.map((each) => h("article", {},
      h("h2", {}, link(`${each.series}/${each.run}`, "run", { run: `${each.series}/${each.run}` }), ` on ${each.item}`),
      h("p", {}, h("strong", { class: each.expected ? null : "bad" }, `${each.state} (${each.cause ?? "unknown"})${each.expected ? ", as expected" : ""}: `), each.message ?? ""),
      h("p", { class: "quiet" }, `attempt ${each.attempt} on ${each.worker ?? "-"} (${each.machine ?? "-"}), ${clock(each.ended_us)}`),
      h("p", {}, "Run it again: ", h("code", {}, `cox retry --job ${each.job_digest}`)),
      each.log_tail ? h("details", {}, h("summary", {}, "End of the log"), h("pre", {}, each.log_tail)) : null)),
    h("div", { class: "controls" },
      offset > 0 ? link("Later failures", "failures", { series, offset: Math.max(offset - PAGE, 0) || undefined }) : null,
      page.failures.length === PAGE ? link("Earlier failures", "failures", { series, offset: offset + PAGE }) : null));
}
