// Figures drawn with D3's scales and axes. Values come from the server; nothing is computed here but
// positions.
import { svg } from "./dom.js";
import { levelsOf } from "./ranges.js";

const d3 = window.d3;
/** Marks of lines, in the order of the style sheet's series classes. */
export const LINES = 6;

/** How wide a figure is drawn: as wide as asked, or as the window of a phone. */
const fitting = (most) => Math.min(most, Math.max(document.documentElement.clientWidth - 64, 300));

/** `role` is "group" for a figure that holds links, "img" for one that does not. */
function frame(width, height, label, role = "group", stretches = true) {
  const shape = width > fitting(width) ? "fit scrolls" : width > 1000 ? "fit broad" : "fit";
  return svg("svg", { class: stretches ? shape : null, viewBox: `0 0 ${width} ${height}`, width, height, role, "aria-label": label });
}

/** Places for names beside points, {x, y, width}, such that none covers another or a point; null where
 *  there is no room. */
function labelPlaces(points) {
  const taken = points.map((point) => ({ left: point.x - 5, right: point.x + 5, top: point.y - 5, bottom: point.y + 5 }));
  const covers = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  return points.map((point) => {
    for (const [dx, dy] of [[9, -4], [9, 12], [-9, -4], [-9, 12], [9, -18], [9, 26], [-9, -18], [-9, 26]]) {
      const left = dx > 0 ? point.x + dx : point.x + dx - point.width;
      const box = { left, right: left + point.width, top: point.y + dy - 10, bottom: point.y + dy + 2 };
      if (box.right > point.most || box.left < point.least || taken.some((other) => covers(box, other))) continue;
      taken.push(box);
      return { x: point.x + dx, y: point.y + dy, anchor: dx > 0 ? "start" : "end" };
    }
    return null;
  });
}

/** An axis; with `reach`, grid lines of that length cross the figure. */
function axis(parent, scale, orient, transform, ticks, reach) {
  const group = svg("g", { class: "axis", transform });
  parent.append(group);
  const drawn = d3.svg.axis().scale(scale).orient(orient).outerTickSize(0);
  if (typeof ticks === "object") drawn.tickValues(ticks.values).tickFormat(ticks.format ?? String);
  else drawn.ticks(ticks);
  if (reach) drawn.innerTickSize(-reach).tickPadding(7);
  d3.select(group).call(drawn);
  return group;
}

/** At most `most` characters of a name. */
const short = (name, most) => (name.length > most ? `${name.slice(0, most - 1)}…` : name);

/** Differences with intervals: rows are {label, text, value, low, high, familyLow, familyHigh, href}. */
export function intervals(label, rows) {
  const width = fitting(640), most = width < 480 ? 15 : 28;
  const longest = Math.min(Math.max(...rows.map((row) => row.label.length)), most);
  const left = 16 + 6.6 * longest, ticks = width < 480 ? 3 : 6, line = 24, top = 6, height = top + rows.length * line + 34;
  const root = frame(width, height, label);
  const all = rows.flatMap((row) => [row.value, row.low, row.high, row.familyLow, row.familyHigh, 0]).filter((value) => value !== null && value !== undefined);
  const x = d3.scale.linear().domain(d3.extent(all)).nice(ticks).range([left, width - 70]);
  axis(root, x, "bottom", `translate(0 ${height - 28})`, ticks, height - 28 - top);
  root.append(svg("line", { class: "zero", x1: x(0), x2: x(0), y1: top, y2: height - 28 }));
  const span = (row, y, low, high, name) => {
    if (low === null || low === undefined) return;
    root.append(svg("line", { class: name, x1: x(low), x2: x(high), y1: y, y2: y }));
  };
  rows.forEach((row, i) => {
    const y = top + (i + .5) * line;
    root.append(svg("a", { href: row.href }, svg("text", { x: left - 10, y: y + 4, "text-anchor": "end" }, short(row.label, most))));
    span(row, y, row.familyLow, row.familyHigh, "wide-span");
    span(row, y, row.low, row.high, "span");
    root.append(svg("circle", { class: "mark", cx: x(row.value), cy: y, r: 4.5 }, svg("title", {}, `${row.label}: ${row.text}`)),
      svg("text", { class: "quiet-text", x: width - 6, y: y + 4, "text-anchor": "end" }, row.text));
  });
  return root;
}

/** Differences of items, sorted: entries are {label, value, text, href, tone}. */
export function bars(label, entries) {
  const width = fitting(1100), height = 260, left = 56;
  const root = frame(width, height, label);
  const y = d3.scale.linear().domain(d3.extent([...entries.map((entry) => entry.value), 0])).nice().range([height - 12, 10]);
  const step = Math.min((width - left - 6) / Math.max(entries.length, 1), 90);
  axis(root, y, "left", `translate(${left} 0)`, 6, width - left);
  entries.forEach((entry, i) => {
    root.append(svg("a", { href: entry.href, "aria-label": `${entry.label}: ${entry.text ?? entry.value}` },
      svg("rect", { class: `mark ${entry.tone ?? ""}`, x: left + 3 + i * step, width: Math.max(step * .82, 1),
        y: Math.min(y(entry.value), y(0)), height: Math.max(Math.abs(y(entry.value) - y(0)), 1) },
        svg("title", {}, `${entry.label}: ${entry.text ?? entry.value}`))));
  });
  root.append(svg("line", { class: "base", x1: left, x2: width, y1: y(0), y2: y(0) }));
  return root;
}

/** A value of each item: entries are {label, value, text, href}. */
export function dots(label, entries) {
  const width = fitting(640), height = 240, left = 50;
  const root = frame(width, height, label);
  const y = d3.scale.linear().domain(d3.extent(entries, (entry) => entry.value)).nice().range([height - 14, 12]);
  const x = d3.scale.linear().domain([0, Math.max(entries.length - 1, 1)]).range([left + 10, width - 10]);
  axis(root, y, "left", `translate(${left} 0)`, 6, width - left);
  entries.forEach((entry, i) => root.append(svg("a", { href: entry.href, "aria-label": `${entry.label}: ${entry.text}` },
    svg("circle", { class: "mark", cx: x(i), cy: y(entry.value), r: 4.5 }, svg("title", {}, `${entry.label}: ${entry.text}`)))));
  return root;
}

/** How the values spread: bins are {low, high, count}. */
export function histogram(label, title, bins) {
  const width = fitting(640), height = 220, left = 44, bottom = 40;
  const root = frame(width, height, label, "img");
  const x = d3.scale.linear().domain([bins[0].low, bins[bins.length - 1].high]).range([left, width - 12]);
  const y = d3.scale.linear().domain([0, d3.max(bins, (bin) => bin.count)]).nice().range([height - bottom, 10]);
  axis(root, x, "bottom", `translate(0 ${height - bottom})`, width < 480 ? 4 : 8);
  axis(root, y, "left", `translate(${left} 0)`, { values: y.ticks(4).filter(Number.isInteger) }, width - left - 12);
  for (const bin of bins) {
    root.append(svg("rect", { class: "mark", x: x(bin.low) + 1, width: Math.max(x(bin.high) - x(bin.low) - 2, 1), y: y(bin.count),
      height: height - bottom - y(bin.count) }, svg("title", {}, `${bin.count} items`)));
  }
  root.append(svg("text", { x: (left + width) / 2, y: height - 6, "text-anchor": "middle" }, title));
  return root;
}

/** Points: {label, text, x, y, error, href}. `options.front` are points that no other beats, joined by a
 *  line; with `options.fromZero` the horizontal axis begins at 0. */
export function scatter(label, xTitle, yTitle, points, { front = [], fromZero = false } = {}) {
  const width = fitting(640), height = 360, left = 62, bottom = 46;
  const root = frame(width, height, label);
  const x = d3.scale.linear().domain(d3.extent([...(fromZero ? [0] : []), ...points.map((point) => point.x)])).nice().range([left, width - 16]);
  const ends = points.flatMap((point) => [point.y - (point.error ?? 0), point.y + (point.error ?? 0)]);
  const y = d3.scale.linear().domain(d3.extent(ends)).nice().range([height - bottom, 14]);
  axis(root, x, "bottom", `translate(0 ${height - bottom})`, width < 480 ? 4 : 8, height - bottom - 14);
  axis(root, y, "left", `translate(${left} 0)`, 6, width - left - 16);
  root.append(svg("text", { x: (left + width) / 2, y: height - 8, "text-anchor": "middle" }, xTitle),
    svg("text", { transform: `rotate(-90 14 ${height / 2 - 10})`, x: 14, y: height / 2 - 10, "text-anchor": "middle" }, yTitle));
  if (front.length > 1) root.append(svg("path", { class: "front", d: d3.svg.line().x((point) => x(point.x)).y((point) => y(point.y))(front) }));
  const places = labelPlaces(points.map((point) => ({ x: x(point.x), y: y(point.y), width: 6.4 * short(point.label, 22).length, least: left, most: width })));
  points.forEach((point, i) => {
    if (point.error) root.append(svg("line", { class: "wide-span", x1: x(point.x), x2: x(point.x), y1: y(point.y - point.error), y2: y(point.y + point.error) }));
    const place = points.length <= 24 ? places[i] : null;
    root.append(svg("a", { href: point.href, "aria-label": `${point.label}: ${point.text ?? `${point.x}, ${point.y}`}` },
      svg("circle", { class: "mark", cx: x(point.x), cy: y(point.y), r: 5 }, svg("title", {}, `${point.label}: ${point.text ?? `${point.x}, ${point.y}`}`)),
      place ? svg("text", { class: "quiet-text", x: place.x, y: place.y, "text-anchor": place.anchor }, short(point.label, 22)) : null));
  });
  return root;
}

/** Curves over steps or frames, the first of which is number `start`: {label, values, tone}. Returns
 *  {node, cursor(x)}. */
export function curves(label, xTitle, lines, start = 0) {
  const width = fitting(460), height = 230, left = 54, bottom = 38;
  const root = frame(width, height, label, "img");
  const last = Math.max(...lines.map((line) => line.values.length), 2);
  const x = d3.scale.linear().domain([start, start + last - 1]).range([left, width - 12]);
  const finite = lines.flatMap((line) => line.values).filter((value) => value !== null);
  const y = d3.scale.linear().domain(d3.extent(finite)).nice().range([height - bottom, 12]);
  const every = Math.ceil(last / (width < 400 ? 8 : 12));
  axis(root, x, "bottom", `translate(0 ${height - bottom})`, { values: d3.range(start, start + last, every) });
  axis(root, y, "left", `translate(${left} 0)`, 5, width - left - 12);
  root.append(svg("text", { x: (left + width) / 2, y: height - 6, "text-anchor": "middle" }, xTitle));
  const path = d3.svg.line().defined((value) => value !== null).x((_, i) => x(start + i)).y((value) => y(value));
  lines.forEach((line) => {
    root.append(svg("path", { class: `curve series${line.tone % LINES}`, d: path(line.values) }, svg("title", {}, line.label)));
    if (line.values.length <= 40) line.values.forEach((value, i) => {
      if (value !== null) root.append(svg("circle", { class: `point series${line.tone % LINES}`, cx: x(start + i), cy: y(value), r: 2.6 },
        svg("title", {}, `${line.label}, ${xTitle} ${start + i}: ${value}`)));
    });
  });
  const mark = svg("line", { class: "cursor", x1: -9, x2: -9, y1: 10, y2: height - bottom });
  root.append(mark);
  return { node: root, cursor: (at) => { mark.setAttribute("x1", x(at)); mark.setAttribute("x2", x(at)); } };
}

/** Numbers by their value, on a logarithmic scale where they span decades; other values evenly. */
function levelScale(values, range) {
  const levels = [...new Set(values.map(String))];
  if (!values.every((value) => typeof value === "number")) return { scale: d3.scale.ordinal().domain(levels).rangePoints(range), levels };
  const [low, high] = d3.extent(values);
  const numbers = [...new Set(values)].sort((a, b) => a - b);
  const scale = low > 0 && high / low >= 30 ? d3.scale.log().domain([low, high]) : d3.scale.linear().domain(low === high ? [low - 1, high + 1] : [low, high]);
  return { scale: scale.range(range), levels: numbers };
}

/** Pixels that a hand may miss the end of an axis by. */
const NEAR = 6;

/** A range on an axis of parallel coordinates, drawn by dragging along it. `changed(name, range, isOver)` has
 *  the range as values of the axis: numbers, or the first and last of its names; null without one. */
function brush(parent, each, scale, levels, place, range, changed) {
  const position = (level) => scale(level);
  const drag = d3.svg.brush().y(scale);
  if (range) {
    const ends = levels ? d3.extent(range.map(position)).map((end, i) => end + (i === 0 ? -NEAR : NEAR)) : range.map(Number);
    if (ends.every(Number.isFinite)) drag.extent(ends);
  }
  const tell = (isOver) => {
    if (drag.empty()) return changed(each.name, null, isOver);
    const [low, high] = drag.extent();
    if (!levels) {
      // An end near the end of the axis is meant to be at the end.
      const ends = d3.extent(scale.domain());
      return changed(each.name, [low, high].map((end, i) => (Math.abs(scale(end) - scale(ends[i])) <= NEAR ? ends[i] : Number(end.toPrecision(4)))), isOver);
    }
    const covered = levels.filter((level) => position(level) >= low - NEAR && position(level) <= high + NEAR);
    changed(each.name, covered.length ? [covered[0], covered[covered.length - 1]] : ["", ""], isOver);
  };
  drag.on("brush", () => tell(false)).on("brushend", () => tell(true));
  const group = svg("g", { class: "brush", transform: `translate(${place} 0)`, "aria-hidden": true });
  parent.append(group);
  d3.select(group).call(drag).selectAll("rect").attr("x", -12).attr("width", 24);
}

/** Parallel coordinates: axes are {name, values} with one value a run, the last one the metric; runs
 *  are {label, href, share}, share 0 to 1 by how good they are. Returns {node, keep(kept)}, which fades the
 *  runs that are not kept. With `brushing`, {ranges, changed}, a person drags ranges along the axes. */
export function parallel(label, axes, runs, brushing = null) {
  const width = Math.max(640, axes.length * 130), height = 330;
  const root = frame(width, height, label);
  const x = d3.scale.ordinal().domain(axes.map((each) => each.name)).rangePoints([80, width - 70]);
  const range = [height - 22, 40];
  const scales = axes.map((each, a) => (a === axes.length - 1
    ? { scale: d3.scale.linear().domain(d3.extent(each.values)).nice().range(range) } : levelScale(each.values, range)));
  const color = d3.scale.linear().domain([0, 1]).range([0.16, 1]);
  const lines = [];
  runs.map((run, i) => ({ ...run, i })).sort((a, b) => a.share - b.share).forEach((run) => {
    const points = axes.map((each, a) => [x(each.name), scales[a].scale(each.values[run.i])]);
    lines[run.i] = svg("a", { href: run.href, "aria-label": run.label },
      svg("path", { class: "run", d: d3.svg.line()(points), "stroke-opacity": color(run.share) }, svg("title", {}, run.label)));
    root.append(lines[run.i]);
  });
  axes.forEach((each, a) => {
    const { scale, levels } = scales[a];
    axis(root, scale, a === axes.length - 1 ? "right" : "left", `translate(${x(each.name)} 0)`,
      levels && levels.length <= 14 ? { values: levels, format: (value) => short(String(value), 16) } : 5);
    root.append(svg("text", { class: "axis-title", x: x(each.name), y: 20, "text-anchor": "middle" }, short(each.name, 20)));
    if (brushing) brush(root, each, scale, levelsOf(each), x(each.name), brushing.ranges.get(each.name), brushing.changed);
  });
  const keep = (kept) => lines.forEach((line, i) => {
    line.classList.toggle("faded", !kept[i]);
    if (kept[i]) line.removeAttribute("tabindex");
    else line.setAttribute("tabindex", -1);
  });
  return { node: root, keep };
}

/** A heat map: cells are {row, column, value, text, href}; rows and columns are in the order given. */
export function heatMap(label, rowTitle, columnTitle, rows, columns, cells) {
  const longest = Math.max(...columns.map((name) => name.length), ...cells.map((cell) => cell.text.length));
  const size = Math.max(74, 7 * longest + 16), line = 36;
  const left = 22 + 6.8 * Math.min(Math.max(...rows.map((name) => name.length), rowTitle.length), 24), top = 54;
  const root = frame(left + columns.length * size + 6, top + rows.length * line + 6, label, "group", false);
  const extent = d3.extent(cells, (cell) => cell.value);
  const share = (value) => (extent[1] > extent[0] ? (value - extent[0]) / (extent[1] - extent[0]) : .5);
  const color = d3.scale.linear().domain([0, 1]).range(["#deebf7", "#084594"]);
  columns.forEach((name, c) => root.append(svg("text", { x: left + (c + .5) * size, y: top - 8, "text-anchor": "middle" }, name)));
  rows.forEach((name, r) => root.append(svg("text", { x: left - 10, y: top + (r + .5) * line + 4, "text-anchor": "end" }, short(name, 24))));
  root.append(svg("text", { class: "axis-title", x: left, y: 18 }, columnTitle), svg("text", { class: "axis-title", x: left - 10, y: top - 8, "text-anchor": "end" }, rowTitle));
  for (const cell of cells) {
    const px = left + columns.indexOf(cell.column) * size, py = top + rows.indexOf(cell.row) * line;
    const text = svg("text", { x: px + size / 2, y: py + line / 2 + 4, "text-anchor": "middle", class: share(cell.value) > .5 ? "on-dark" : "on-light" }, cell.text);
    root.append(svg("a", { href: cell.href, "aria-label": `${cell.row}, ${cell.column}: ${cell.text}` },
      svg("rect", { class: "cell", x: px, y: py, width: size, height: line, fill: color(share(cell.value)) }), text));
  }
  return root;
}
