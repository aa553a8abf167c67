import { get } from "../api.js";
import { bars, scatter } from "../charts.js";
import { h, scrolled, table } from "../dom.js";
import { go, select } from "../link.js";

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
      result.append(answer(await get("query", { sql }), parameters));
    } catch (error) {
      result.append(h("p", { class: "note", role: "alert" }, error.message));
    }
  }
  return h("div", {}, h("h1", {}, "Query"), form, result);
}

function answer(document, parameters) {
  const columns = document.columns.map((name, i) => ({ name: `${i}`, title: name, number: typeof document.rows[0]?.[i] === "number",
    cell: (row) => row[i] ?? "NULL", sort: (row) => row[i] }));
  return h("div", {}, chart(document, parameters), table(`${document.rows.length} rows${document.cut ? ", cut off here" : ""}`, columns, document.rows));
}

/** Points of two columns of numbers, or a bar for each name; the address says which columns. */
function chart(document, parameters) {
  const { columns, rows } = document;
  const isNumber = (name) => rows.some((row) => typeof row[columns.indexOf(name)] === "number")
    && rows.every((row) => ["number", "object"].includes(typeof row[columns.indexOf(name)]));
  const numbers = columns.filter(isNumber);
  if (rows.length < 2 || numbers.length === 0 || columns.length < 2) return null;
  const asked = (name, among) => (among.includes(parameters.get(name)) ? parameters.get(name) : null);
  const up = asked("up", numbers) ?? (numbers.length > 1 ? numbers[1] : numbers[0]);
  const across = asked("across", columns) ?? (numbers.length > 1 ? numbers[0] : columns.find((name) => name !== up));
  const value = (row, name) => row[columns.indexOf(name)];
  const shown = rows.filter((row) => value(row, up) !== null && value(row, across) !== null);
  const change = (changes) => go("query", { sql: parameters.get("sql"), across, up, ...changes });
  const figure = isNumber(across)
    ? scatter("chart of the query", across, up, shown.map((row) => ({ label: String(row[0]), x: value(row, across), y: value(row, up) })))
    : bars(`${up} of each ${across}`, shown.map((row) => ({ label: String(value(row, across)), value: value(row, up), text: String(value(row, up)) })));
  return h("section", { class: "card" }, h("h2", {}, `${up} by ${across}`), h("div", { class: "controls" },
    select("Across", columns, across, (name) => change({ across: name })), select("Up", numbers, up, (name) => change({ up: name }))),
  scrolled("Chart", figure));
}
