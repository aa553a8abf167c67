// Ranges on the axes of parallel coordinates: a person keeps the runs that are within all of them. They are
// part of the address, as `range=["lr",0.0001,0.01]`, one for each axis.
import { h } from "./dom.js";

/** The ranges that an address names, {axis: [first, last]}; what is no range is left out. */
export function rangesIn(parameters) {
  const ranges = new Map();
  for (const text of parameters.getAll("range")) {
    try {
      const [name, first, last] = JSON.parse(text);
      if (typeof name === "string" && first !== undefined && last !== undefined) ranges.set(name, [first, last]);
    } catch {
      continue; // an address that was typed by hand
    }
  }
  return ranges;
}

export const rangeTexts = (ranges) => [...ranges].map(([name, range]) => JSON.stringify([name, ...range]));

/** Whether a value of an axis is in its range; `levels` are the values of an axis of names, in their order. */
function isIn(range, value, levels) {
  if (!levels) return value >= range[0] && value <= range[1];
  const [first, last, place] = [range[0], range[1], value].map((each) => levels.indexOf(String(each)));
  return place >= first && place <= last;
}

const areNumbers = (axis) => axis.values.every((value) => typeof value === "number");

/** The levels of an axis of names, in the order of the figure; null for an axis of numbers. */
export const levelsOf = (axis) => (areNumbers(axis) ? null : [...new Set(axis.values.map(String))]);

/** Which of the runs lie within every range: a list of true and false. */
export function within(ranges, axes, count) {
  const kept = Array.from({ length: count }, () => true);
  for (const axis of axes) {
    const range = ranges.get(axis.name);
    if (!range) continue;
    const levels = levelsOf(axis);
    axis.values.forEach((value, i) => { kept[i] &&= isIn(range, value, levels); });
  }
  return kept;
}

/** Fields that set the ranges without a pointer. `changed(name, range or null)` is called with each choice. */
export function rangeFields(axes, ranges, changed) {
  return h("details", { class: "ranges" }, h("summary", {}, "Keep only runs within ranges"), axes.map((axis) => {
    const levels = levelsOf(axis) ?? [...new Set(axis.values)].sort((a, b) => a - b);
    const range = ranges.get(axis.name) ?? [levels[0], levels[levels.length - 1]];
    const ends = range.map((chosen, end) => h("select", { "aria-label": `${end === 0 ? "lowest" : "highest"} ${axis.name}`,
      onchange: (event) => {
        range[end] = levels[event.target.selectedIndex];
        const all = range[0] === levels[0] && range[1] === levels[levels.length - 1];
        changed(axis.name, all ? null : [...range]);
      } }, nearest(levels, chosen, end)));
    return h("div", { class: "controls" }, h("span", {}, axis.name), ends[0], " to ", ends[1]);
  }));
}

/** Options for every level, the one nearest to the range's end chosen. */
function nearest(levels, chosen, end) {
  let place = levels.indexOf(chosen);
  if (place < 0 && typeof chosen === "number") {
    place = end === 0 ? levels.findIndex((level) => level >= chosen) : levels.findLastIndex((level) => level <= chosen);
  }
  return levels.map((level, i) => h("option", { selected: i === Math.max(place, 0) },
    typeof level === "number" ? String(Number(level.toPrecision(6))) : level));
}
