// Addresses of views.
import { h } from "./dom.js";

export function address(view, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const each of [value].flat()) if (each) query.append(name, each);
  }
  const text = query.toString();
  return `#/${view}${text ? `?${text}` : ""}`;
}

export const link = (text, view, parameters) => h("a", { href: address(view, parameters) }, text);

/** Changes one part of the current address. */
export function go(view, parameters) {
  location.hash = address(view, parameters);
}

/** The value of `name` in the address; "" without one. */
export const remembered = (name) => new URLSearchParams(location.hash.split("?")[1] ?? "").get(name) ?? "";

/** Puts values into the address of the page, a list for each name, without drawing the page again. */
export function remember(changes) {
  const [path, query] = location.hash.split("?");
  const parameters = new URLSearchParams(query ?? "");
  for (const [name, values] of Object.entries(changes)) {
    parameters.delete(name);
    for (const value of values) parameters.append(name, value);
  }
  const text = parameters.toString();
  history.replaceState(null, "", `${path}${text ? `?${text}` : ""}`);
}

/** Options of a table whose order is part of the address, as `sort`. */
export const sortInAddress = () => ({ sorted: remembered("sort"), onsort: (text) => remember({ sort: [text] }) });

export function select(label, values, chosen, onchange) {
  return h("label", {}, `${label} `, h("select", { onchange: (event) => onchange(event.target.value) },
    values.map((value) => h("option", { value, selected: value === chosen }, value || "(the sweep's)"))));
}

/** The way back: entries are nodes or strings, the last one is here. */
export const crumbs = (...entries) => h("nav", { class: "crumbs", "aria-label": "Way back" },
  entries.filter(Boolean).map((entry, i) => [i > 0 ? h("span", { "aria-hidden": true }, "/") : null, entry]));

/** A figure with its heading; `keep` is the address of the same figure as an SVG file. */
export const card = (title, node, keep) => h("section", { class: "card" },
  h("div", { class: "card-head" }, h("h2", {}, title), keep ? h("a", { class: "keep", href: keep, download: "" }, "SVG") : null), node);

export const figureFile = (kind, parameters) => `/figure/${kind}.svg?${address("", parameters).split("?")[1] ?? ""}`;

/** Warnings: the first few at once, the others on request. */
export function notes(warnings, shown = 2) {
  if (warnings.length === 0) return null;
  const note = (text) => h("p", { class: "note" }, text);
  return h("section", { class: "notes", "aria-label": "Warnings" }, warnings.slice(0, shown).map(note),
    warnings.length > shown ? h("details", {}, h("summary", {}, `${warnings.length - shown} more ${warnings.length - shown === 1 ? "warning" : "warnings"}`), warnings.slice(shown).map(note)) : null);
}
