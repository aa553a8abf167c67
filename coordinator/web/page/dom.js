// Builds elements. Every string becomes a text node or an attribute: nothing from the database is
// ever read as markup.

export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : visible(child));
  }
  return element;
}

/** Shows characters that reorder or hide text (bidirectional marks, controls) by their number. */
export function visible(text) {
  return String(text).replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A part that scrolls sideways where the window is narrow. */
export const scrolled = (label, node) => h("div", { class: "wide figure-scroll", tabindex: 0, role: "region", "aria-label": label }, node);

/** How a person sorted a table, by its caption: a view that is drawn again stays sorted. */
const orders = new Map();

/**
 * A table: `columns` are {name, title, number, cell(row) -> node or text, sort(row)}. `options.order` is
 * the column it is sorted by at first, from the highest value; `options.lowFirst` turns that around.
 * Rows beyond `options.page` are shown by a button. `options.sorted` is how it was sorted
 * before, `-psnr` from the highest; `options.onsort` hears how a person sorts it.
 */
export function table(caption, columns, rows, options = {}) {
  const body = h("tbody");
  const page = options.page ?? 200;
  const named = options.sorted ? orderIn(options.sorted) : null;
  const chosen = [orders.get(caption), named].find((each) => columns.some((column) => column.name === each?.order)) ?? null;
  let order = chosen?.order ?? options.order ?? null, ascending = chosen?.ascending ?? options.lowFirst ?? false, shown = page;
  const more = h("button", { type: "button", onclick: () => { shown += page; draw(); } });
  const heads = new Map();
  const draw = () => {
    const column = columns.find((each) => each.name === order);
    const sorted = column?.sort ? [...rows].sort((a, b) => compare(column.sort(a), column.sort(b))) : rows;
    if (column?.sort && !ascending) sorted.reverse();
    body.replaceChildren(...sorted.slice(0, shown).map((row) => h("tr", options.row?.(row) ?? {},
      columns.map((each, i) => h("td", { class: each.number ? "number" : i === (options.lead ?? -1) ? "lead" : null }, each.cell(row))))));
    more.textContent = `Show more (${Math.max(sorted.length - shown, 0)} left)`;
    more.hidden = sorted.length <= shown;
    for (const [name, head] of heads) {
      if (name === order) head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    }
  };
  const sortBy = (name) => {
    ascending = order === name ? !ascending : false;
    order = name;
    orders.set(caption, { order, ascending });
    options.onsort?.(`${ascending ? "" : "-"}${order}`);
    draw();
  };
  for (const each of columns) {
    heads.set(each.name, h("th", { class: each.number ? "number" : null, scope: "col" },
      each.sort ? h("button", { type: "button", title: `sort by ${each.title}`, onclick: () => sortBy(each.name) },
        each.title) : each.title));
  }
  draw();
  return h("div", { class: "wide", tabindex: 0, role: "region", "aria-label": caption },
    h("table", {}, h("caption", {}, caption), h("thead", {}, h("tr", {}, [...heads.values()])), body), more);
}

const orderIn = (text) => ({ order: text.replace(/^-/, ""), ascending: !text.startsWith("-") });

function compare(a, b) {
  if (a === null || a === undefined) return b === null || b === undefined ? 0 : -1;
  if (b === null || b === undefined) return 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
