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

export function select(label, values, chosen, onchange) {
  return h("label", {}, `${label} `, h("select", { onchange: (event) => onchange(event.target.value) },
    values.map((value) => h("option", { value, selected: value === chosen }, value))));
}
