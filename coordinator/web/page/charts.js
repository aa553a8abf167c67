// Figures drawn with D3's scales and axes. Values come from the server; nothing is computed here but
// positions.
import { svg } from "./dom.js";

const d3 = window.d3;

/** `role` is "group" for a figure that holds links, "img" for one that does not. */
function frame(width, height, label, role = "group") {
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role, "aria-label": label });
}

function axis(parent, scale, orient, transform, ticks) {
  const group = svg("g", { class: "axis", transform });
  parent.append(group);
  d3.select(group).call(d3.svg.axis().scale(scale).orient(orient).ticks(ticks));
  return group;
}

/** Differences with intervals: rows are {label, value, low, high, href}. */
export function intervals(label, rows) {
  const left = 220, width = 760, line = 22, height = rows.length * line + 40;
  const root = frame(width, height, label);
  const all = rows.flatMap((row) => [row.value, row.low ?? row.value, row.high ?? row.value, 0]);
  const x = d3.scale.linear().domain(d3.extent(all)).nice().range([left, width - 20]);
  axis(root, x, "bottom", `translate(0 ${height - 30})`, 6);
  root.append(svg("line", { class: "zero", x1: x(0), x2: x(0), y1: 0, y2: height - 30 }));
  rows.forEach((row, i) => {
    const y = i * line + 14;
    root.append(svg("a", { href: row.href }, svg("text", { x: left - 8, y: y + 4, "text-anchor": "end" }, row.label)));
    if (row.low !== null && row.low !== undefined) {
      root.append(svg("line", { class: "span", x1: x(row.low), x2: x(row.high), y1: y, y2: y }));
    }
    root.append(svg("circle", { class: "mark", cx: x(row.value), cy: y, r: 4 },
      svg("title", {}, `${row.label}: ${row.value}`)));
  });
  return root;
}

/** Differences of items, sorted: entries are {label, value, href}. */
export function bars(label, entries) {
  const width = 760, height = 260, left = 50;
  const root = frame(width, height, label);
  const y = d3.scale.linear().domain(d3.extent([...entries.map((entry) => entry.value), 0])).nice().range([height - 15, 10]);
  const step = (width - left - 10) / Math.max(entries.length, 1);
  axis(root, y, "left", `translate(${left} 0)`, 6);
  entries.forEach((entry, i) => {
    root.append(svg("a", { href: entry.href, "aria-label": `${entry.label}: ${entry.value}` },
      svg("rect", { class: "mark", x: left + 4 + i * step, width: Math.max(step - 1, 1),
        y: Math.min(y(entry.value), y(0)), height: Math.max(Math.abs(y(entry.value) - y(0)), 1) },
        svg("title", {}, `${entry.label}: ${entry.value}`))));
  });
  root.append(svg("line", { class: "zero", x1: left, x2: width, y1: y(0), y2: y(0) }));
  return root;
}

/** Points: {label, x, y, href}. */
export function scatter(label, xTitle, yTitle, points) {
  const width = 760, height = 320, left = 60, bottom = 40;
  const root = frame(width, height, label);
  const x = d3.scale.linear().domain(d3.extent(points, (point) => point.x)).nice().range([left, width - 20]);
  const y = d3.scale.linear().domain(d3.extent(points, (point) => point.y)).nice().range([height - bottom, 15]);
  axis(root, x, "bottom", `translate(0 ${height - bottom})`, 8);
  axis(root, y, "left", `translate(${left} 0)`, 6);
  root.append(svg("text", { x: width - 20, y: height - 5, "text-anchor": "end" }, xTitle),
    svg("text", { x: left + 6, y: 14 }, yTitle));
  for (const point of points) {
    root.append(svg("a", { href: point.href, "aria-label": `${point.label}: ${point.x}, ${point.y}` },
      svg("circle", { class: "mark", cx: x(point.x), cy: y(point.y), r: 5 },
        svg("title", {}, `${point.label}: ${point.x}, ${point.y}`))));
  }
  return root;
}

/** Curves over steps or frames, the first of which is number `start`: {label, values}. Returns
 *  {node, cursor(x)}. */
export function curves(label, xTitle, lines, start = 0) {
  const width = 760, height = 240, left = 60, bottom = 35;
  const root = frame(width, height, label, "img");
  const last = Math.max(...lines.map((line) => line.values.length), 2);
  const x = d3.scale.linear().domain([start, start + last - 1]).range([left, width - 20]);
  const finite = lines.flatMap((line) => line.values).filter((value) => value !== null);
  const y = d3.scale.linear().domain(d3.extent(finite)).nice().range([height - bottom, 20]);
  axis(root, x, "bottom", `translate(0 ${height - bottom})`, 8);
  axis(root, y, "left", `translate(${left} 0)`, 5);
  root.append(svg("text", { x: width - 20, y: height - 4, "text-anchor": "end" }, xTitle));
  const path = d3.svg.line().defined((value) => value !== null).x((_, i) => x(start + i)).y((value) => y(value));
  lines.forEach((line, i) => {
    root.append(svg("path", { class: `curve series${i % 6}`, d: path(line.values) }, svg("title", {}, line.label)),
      svg("text", { x: left + 8 + (i % 4) * 170, y: 12 + Math.floor(i / 4) * 14, class: "legend" },
        svg("tspan", {}, `${["blue", "red", "green", "ochre", "violet", "teal"][i % 6]}: ${line.label}`)));
  });
  const mark = svg("line", { class: "cursor", x1: -9, x2: -9, y1: 15, y2: height - bottom });
  root.append(mark);
  return { node: root, cursor: (at) => { mark.setAttribute("x1", x(at)); mark.setAttribute("x2", x(at)); } };
}

/** Parallel coordinates: axes are {name, values} with one value a run; runs are {label, href}. */
export function parallel(label, axes, runs) {
  const width = Math.max(760, axes.length * 130), height = 300;
  const root = frame(width, height, label);
  const x = d3.scale.ordinal().domain(axes.map((each) => each.name)).rangePoints([70, width - 70]);
  const scales = axes.map((each) => {
    const numbers = each.values.every((value) => typeof value === "number");
    return numbers ? d3.scale.linear().domain(d3.extent(each.values)).nice().range([height - 20, 35])
      : d3.scale.ordinal().domain([...new Set(each.values.map(String))]).rangePoints([height - 20, 35]);
  });
  runs.forEach((run, i) => {
    const points = axes.map((each, a) => {
      const value = each.values[i];
      return [x(each.name), scales[a](typeof value === "number" ? value : String(value))];
    });
    root.append(svg("a", { href: run.href, "aria-label": run.label },
      svg("path", { class: "run", d: d3.svg.line()(points) }, svg("title", {}, run.label))));
  });
  axes.forEach((each, a) => {
    axis(root, scales[a], "left", `translate(${x(each.name)} 0)`, 5);
    root.append(svg("text", { x: x(each.name), y: 18, "text-anchor": "middle" }, each.name));
  });
  return root;
}

/** A heat map: cells are {row, column, value, href}; values are shown in their cells too. */
export function heatMap(label, rowTitle, columnTitle, cells) {
  const rows = [...new Set(cells.map((cell) => cell.row))], columns = [...new Set(cells.map((cell) => cell.column))];
  const longest = Math.max(...columns.map((name) => name.length));
  const size = Math.max(74, 7 * longest + 12), line = 30, left = 130, top = 46;
  const root = frame(left + columns.length * size + 10, top + rows.length * line + 10, label);
  const color = d3.scale.linear().domain(d3.extent(cells, (cell) => cell.value)).range(["#dbe9fb", "#0b57b0"]);
  const middle = d3.mean(d3.extent(cells, (cell) => cell.value));
  columns.forEach((name, c) => root.append(svg("text", { x: left + (c + .5) * size, y: top - 8, "text-anchor": "middle" }, name)));
  rows.forEach((name, r) => root.append(svg("text", { x: left - 8, y: top + (r + .65) * line, "text-anchor": "end" }, name)));
  root.append(svg("text", { x: left, y: 16 }, `${rowTitle} (rows) by ${columnTitle} (columns)`));
  for (const cell of cells) {
    const px = left + columns.indexOf(cell.column) * size, py = top + rows.indexOf(cell.row) * line;
    const text = svg("text", { x: px + size / 2, y: py + line * .65, "text-anchor": "middle" }, cell.text);
    text.style.fill = cell.value > middle ? "#ffffff" : "#10151b";
    root.append(svg("a", { href: cell.href, "aria-label": `${cell.row}, ${cell.column}: ${cell.text}` },
      svg("rect", { class: "cell", x: px, y: py, width: size, height: line, fill: color(cell.value) }), text));
  }
  return root;
}
