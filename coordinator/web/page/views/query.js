import { get } from "../api.js";
import { scatter } from "../charts.js";
import { h, table } from "../dom.js";
import { go } from "../link.js";

const EXAMPLE = "SELECT run, count(*) AS items, avg(psnr) AS psnr, avg(train_s) AS train_s\nFROM v_results GROUP BY run ORDER BY psnr DESC";

export async function queryView(parameters) {
  const sql = parameters.get("sql") ?? EXAMPLE;
  const field = h("textarea", { "aria-label": "SELECT over the views v_*", spellcheck: false });
  field.value = sql;
  const form = h("form", { onsubmit: (event) => { event.preventDefault(); go("query", { sql: field.value }); } },
    field, h("div", { class: "controls" }, h("button", { type: "submit" }, "Run"),
      h("span", { class: "quiet" }, "One SELECT over the views v_*; 'cox schema' lists their columns.")));
  const result = h("div");
  if (parameters.has("sql")) {
    try {
      result.append(answer(await get("query", { sql })));
    } catch (error) {
      result.append(h("p", { class: "note", role: "alert" }, error.message));
    }
  }
  return h("div", {}, h("h1", {}, "Query"), form, result);
}

function answer(document) {
  const columns = document.columns.map((name, i) => ({ name: `${i}`, title: name, number: typeof document.rows[0]?.[i] === "number",
    cell: (row) => row[i] ?? "NULL", sort: (row) => row[i] }));
  const numeric = columns.filter((column) => column.number).map((column) => Number(column.name));
  const points = numeric.length < 2 ? [] : document.rows.filter((row) => row[numeric[0]] !== null && row[numeric[1]] !== null)
    .map((row) => ({ label: String(row[0]), x: row[numeric[0]], y: row[numeric[1]] }));
  return h("div", {}, table(`${document.rows.length} rows${document.cut ? ", cut off here" : ""}`, columns, document.rows),
    points.length > 1 ? h("section", {}, h("h2", {}, "Chart of the first two numeric columns"),
      scatter("chart of the query", document.columns[numeric[0]], document.columns[numeric[1]], points)) : null);
}
