#include "coordinator/sweep/expand.h"

#include <fmt/format.h>
#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"
#include "coordinator/sweep/read_value.h"

namespace cox::sweep {

namespace {

constexpr size_t kMaxRows = 100'000;

// A point of a grid, with the names that the grid varies.
struct Point {
  Position at;
  Assignments values;
  std::vector<std::string> axes;
  std::string name = {};  ///< of a point of `sample`, "" for others
};

std::vector<std::string> axis_names(const Grid& grid) {
  std::vector<std::string> names;
  for (const Axis& axis : grid.axes) {
    if (axis.points.empty()) continue;
    for (const auto& [name, value] : axis.points.front()) names.push_back(name);
  }
  return names;
}

bool is_small_enough(const Grid& grid, size_t rows, Diagnostics& diagnostics) {
  for (const Axis& axis : grid.axes) {
    rows *= std::max<size_t>(1, axis.points.size());
    if (rows <= kMaxRows) continue;
    diagnostics.error(grid.at, fmt::format("this grid gives more than {} runs", kMaxRows));
    return false;
  }
  return true;
}

void add_points(const Grid& grid, std::vector<Point>& points) {
  std::vector<Point> product = {{grid.at, {}, axis_names(grid)}};
  for (const Axis& axis : grid.axes) {
    std::vector<Point> longer;
    for (const Point& point : product) {
      for (std::size_t i = 0; i < axis.points.size(); ++i) {
        Point next = point;
        next.values.insert(axis.points[i].begin(), axis.points[i].end());
        if (!axis.names.empty()) next.name = axis.names[i];
        longer.push_back(std::move(next));
      }
    }
    product = std::move(longer);
  }
  std::move(product.begin(), product.end(), std::back_inserter(points));
}

/// An include or exclude row, split into the values that select points and those that it sets.
struct Selector {
  Assignments axes;
  Assignments settings;
};

Selector selector_of(const IncludeRow& row, const std::set<std::string>& axes) {
  Selector selector;
  for (const auto& [name, value] : row.values) {
    (axes.count(name) != 0 ? selector.axes : selector.settings).emplace(name, value);
  }
  return selector;
}

bool matches(const Point& point, const Assignments& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& entry) {
    const auto found = point.values.find(entry.first);
    return found != point.values.end() && found->second.value == entry.second.value;
  });
}

void exclude_points(const SweepFile& sweep, const std::set<std::string>& axes,
                    std::vector<Point>& points, Diagnostics& diagnostics) {
  const std::vector<std::string> names(axes.begin(), axes.end());
  for (const IncludeRow& row : sweep.exclude) {
    const Selector selector = selector_of(row, axes);
    for (const auto& [name, value] : selector.settings) {
      diagnostics.error(value.at, "exclude: '" + name + "' is not an axis of matrix or zip",
                        "axes: " + join(names, ", "));
    }
    if (selector.axes.empty() || !selector.settings.empty()) continue;
    const size_t before = points.size();
    points.erase(std::remove_if(points.begin(), points.end(),
                                [&](const Point& point) { return matches(point, selector.axes); }),
                 points.end());
    if (points.size() == before) {
      diagnostics.error(row.at, "exclude: no combination matches this row");
    }
  }
}

void include_row(const IncludeRow& row, const std::set<std::string>& axes,
                 std::vector<Point>& points, Diagnostics& diagnostics) {
  const Selector selector = selector_of(row, axes);
  if (selector.axes.empty()) {
    diagnostics.error(row.at, "include: a row needs a value for at least one axis",
                      "axes: " + join({axes.begin(), axes.end()}, ", "));
    return;
  }
  bool matched = false;
  for (Point& point : points) {
    if (!matches(point, selector.axes)) continue;
    matched = true;
    for (const auto& [name, value] : selector.settings) point.values.insert_or_assign(name, value);
  }
  if (!matched) {
    std::vector<std::string> names;
    for (const auto& [name, value] : row.values) names.push_back(name);
    points.push_back({row.at, row.values, names});
  } else if (selector.settings.empty()) {
    diagnostics.error(row.at,
                      "include: the row matches an existing combination and changes nothing");
  }
}

std::vector<Point> expand_grids(const SweepFile& sweep, Diagnostics& diagnostics) {
  std::vector<Point> points;
  std::set<std::string> axes;
  for (const Grid& grid : sweep.grids) {
    if (!is_small_enough(grid, std::max<size_t>(1, sweep.runs.size()), diagnostics)) return {};
    add_points(grid, points);
    for (const std::string& name : axis_names(grid)) axes.insert(name);
  }
  if (axes.empty()) {
    for (const auto* rows : {&sweep.include, &sweep.exclude}) {
      if (rows->empty()) continue;
      diagnostics.error(rows->front().at, "include and exclude need a `matrix` or `zip`");
    }
    return {{sweep.at, {}, {}}};
  }
  exclude_points(sweep, axes, points, diagnostics);
  for (const IncludeRow& row : sweep.include) include_row(row, axes, points, diagnostics);
  if (points.empty() && diagnostics.ok()) {
    diagnostics.error(sweep.at, "exclude leaves no combination");
  }
  return points;
}

/// Reports `--set` of an axis: it would make runs equal although their names differ.
void refuse_set_axes(const SweepFile& sweep, const std::vector<Point>& points,
                     Diagnostics& diagnostics) {
  for (const auto& [name, set] : sweep.overrides) {
    const auto point =
        std::find_if(points.begin(), points.end(), [&, &axis = name](const Point& p) {
          return std::find(p.axes.begin(), p.axes.end(), axis) != p.axes.end();
        });
    if (point == points.end()) continue;
    const Assigned& value = point->values.at(name);
    diagnostics.error(
        value.at,
        fmt::format(
            "--set {}: '{}' is an axis of {}: its runs would be equal although their names differ",
            set.at.file->lines.front(), name, layer_name(value.layer)),
        fmt::format("drop the --set, or remove '{}' from the {}", name, layer_name(value.layer)));
  }
}

Row combine(const Point& point, const NamedRow& named, Diagnostics& diagnostics) {
  Row row{named.id, named.at, point.values, point.axes, named.labels, point.name};
  for (const auto& [name, value] : named.values) {
    if (std::find(point.axes.begin(), point.axes.end(), name) != point.axes.end()) {
      diagnostics.error(
          value.at,
          fmt::format(
              "run '{}' sets '{}', which is an axis of matrix or zip: its runs would be equal",
              named.id, name));
    }
    row.values.insert_or_assign(name, value);
  }
  return row;
}

}  // namespace

std::vector<Row> expand_rows(const SweepFile& sweep, Diagnostics& diagnostics) {
  const std::vector<Point> points = expand_grids(sweep, diagnostics);
  refuse_set_axes(sweep, points, diagnostics);
  std::vector<Row> rows;
  for (const NamedRow& named : sweep.runs) {
    for (const Point& point : points) rows.push_back(combine(point, named, diagnostics));
  }
  if (!sweep.runs.empty()) return rows;
  for (const Point& point : points)
    rows.push_back({"", point.at, point.values, point.axes, {}, point.name});
  return rows;
}

}  // namespace cox::sweep
