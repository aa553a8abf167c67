#include "coordinator/sweep/read_sample.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "coordinator/sweep/read_value.h"
#include "coordinator/sweep/sample_design.h"

namespace cox::sweep {

namespace {

constexpr std::int64_t kMaxPoints = 10'000;
const std::vector<std::string> kForms = {"uniform", "log", "values"};
constexpr std::int64_t kMaxSeed = 1'000'000'000;

/// One parameter of `space`: an interval, uniform or on a logarithmic scale, or a list of values.
struct Dimension {
  std::string name;
  Position at;
  Type type = Type::kFloat;
  bool logarithmic = false;
  double low = 0;
  double high = 0;
  std::vector<Assigned> values = {};  ///< empty for an interval
};

/// Six digits: the same on every machine, whatever the last bit of its exp() and log().
double rounded(double number) {
  return std::strtod(fmt::format("{:.5e}", number).c_str(), nullptr);
}

Assigned value_at(const Dimension& dimension, double u) {
  if (!dimension.values.empty()) {
    const auto count = static_cast<double>(dimension.values.size());
    return dimension.values[static_cast<std::size_t>(u * count)];
  }
  const bool whole = dimension.type == Type::kInt;
  // Each whole number of a uniform interval gets an equal share of it.
  const double high = whole && !dimension.logarithmic ? dimension.high + 1 : dimension.high;
  const double number = dimension.logarithmic
                            ? dimension.low * std::exp(u * std::log(high / dimension.low))
                            : dimension.low + u * (high - dimension.low);
  if (!whole) return {rounded(number), dimension.at, Layer::kSample};
  const double nearest = dimension.logarithmic ? std::round(rounded(number)) : std::floor(number);
  return {static_cast<std::int64_t>(nearest), dimension.at, Layer::kSample};
}

/// Reads one `sample` section.
class SampleReader {
 public:
  SampleReader(RowReader& rows, Diagnostics& diagnostics)
      : rows_(rows), diagnostics_(diagnostics) {}

  std::optional<Axis> read(const Node& node) {
    const std::size_t errors = diagnostics_.count();
    if (!check_keys(node, {"points", "design", "seed", "space"}, "sample", diagnostics_)) {
      return std::nullopt;
    }
    for (const char* key : {"points", "design", "space"}) {
      if (node.find(key) == nullptr) {
        diagnostics_.error(node.at, fmt::format("sample needs `{}`", key));
      }
    }
    if (diagnostics_.count() > errors) return std::nullopt;
    const auto points =
        read_int(*node.find("points"), "sample.points", 1, kMaxPoints, diagnostics_);
    const bool is_sobol = read_design(*node.find("design"));
    std::int64_t seed = 0;
    if (const Node* given = node.find("seed")) {
      seed = read_int(*given, "sample.seed", 0, kMaxSeed, diagnostics_).value_or(0);
    }
    const std::vector<Dimension> space = read_space(*node.find("space"));
    if (diagnostics_.count() > errors) return std::nullopt;
    const auto design = is_sobol ? sobol_points : random_points;
    return axis_of(space, design(static_cast<std::size_t>(*points), space.size(),
                                 static_cast<std::uint64_t>(seed)));
  }

 private:
  bool read_design(const Node& node) {
    const auto design = read_text(node, "sample.design", diagnostics_);
    if (design && *design != "sobol" && *design != "random") {
      diagnostics_.error(node.at, fmt::format("sample.design: expected sobol or random, got '{}'{}",
                                              *design, did_you_mean(*design, {"sobol", "random"})));
    }
    return design == "sobol";
  }

  std::vector<Dimension> read_space(const Node& node) {
    std::vector<Dimension> space;
    for (const RowReader::Leaf& leaf : rows_.leaves(node, "sample.space", kForms)) {
      if (auto dimension = read_dimension(leaf)) space.push_back(std::move(*dimension));
    }
    if (node.is_map() && (node.entries.empty() || space.size() > kMaxSampleDimensions)) {
      diagnostics_.error(node.at, fmt::format("sample.space: expected 1 to {} parameters, got {}",
                                              kMaxSampleDimensions, node.entries.size()));
    }
    std::sort(space.begin(), space.end(),
              [](const Dimension& a, const Dimension& b) { return a.name < b.name; });
    return space;
  }

  std::optional<Dimension> read_dimension(const RowReader::Leaf& leaf) {
    const Node& node = leaf.entry->value;
    const std::string where = "sample.space." + leaf.name;
    const bool has_form = check_keys(node, kForms, where, diagnostics_) && node.entries.size() == 1;
    if (!has_form) {
      diagnostics_.error(node.at, where +
                                      ": expected one of {uniform: [low, high]}, {log: [low, "
                                      "high]} and {values: [...]}");
      return std::nullopt;
    }
    const Entry& form = node.entries.front();
    Dimension dimension{leaf.name, form.value.at};
    if (form.key == "values") {
      if (!read_values(form.value, where, dimension)) return std::nullopt;
      return dimension;
    }
    dimension.logarithmic = form.key == "log";
    if (!read_interval(form.value, where + "." + form.key, dimension)) return std::nullopt;
    return dimension;
  }

  bool read_values(const Node& list, const std::string& where, Dimension& dimension) {
    if (!list.is_sequence() || list.items.empty()) {
      diagnostics_.error(list.at,
                         fmt::format("{}.values: expected a list of values, got {}", where,
                                     list.is_sequence() ? "an empty list" : describe(list)));
      return false;
    }
    for (const Node& item : list.items) {
      auto value = rows_.assigned(item, dimension.name, Layer::kSample);
      if (!value) return false;
      dimension.values.push_back(std::move(*value));
    }
    return true;
  }

  bool read_interval(const Node& list, const std::string& where, Dimension& dimension) {
    const ParameterSchema* schema = rows_.schemas().find_parameter(dimension.name);
    const bool is_number =
        schema != nullptr && (schema->type == Type::kInt || schema->type == Type::kFloat);
    if (!is_number) {
      diagnostics_.error(list.at, fmt::format("{}: '{}' is not a number; list its values under "
                                              "`values`",
                                              where, dimension.name));
      return false;
    }
    dimension.type = schema->type;
    const Type bounds = dimension.type == Type::kInt ? Type::kIntList : Type::kFloatList;
    const auto read = read_value(list, bounds, where, diagnostics_);
    if (!read) return false;
    const auto& ends = *read->get_if<Value::List>();
    const auto number = [&](std::size_t i) {
      const auto* whole = ends[i].get_if<std::int64_t>();
      return whole != nullptr ? static_cast<double>(*whole) : *ends[i].get_if<double>();
    };
    if (ends.size() == 2) {
      dimension.low = number(0);
      dimension.high = number(1);
    }
    if (ends.size() == 2 && dimension.low < dimension.high &&
        (!dimension.logarithmic || dimension.low > 0)) {
      return true;
    }
    diagnostics_.error(list.at,
                       fmt::format("{}: expected [low, high] with {}low < high, got {}", where,
                                   dimension.logarithmic ? "0 < " : "", shown(*read)));
    return false;
  }

  static Axis axis_of(const std::vector<Dimension>& space, const DesignPoints& design) {
    Axis axis;
    for (const std::vector<double>& coordinates : design) {
      Assignments values;
      for (std::size_t i = 0; i < space.size(); ++i) {
        values.emplace(space[i].name, value_at(space[i], coordinates[i]));
      }
      axis.points.push_back(std::move(values));
      axis.names.push_back(fmt::format("s{}", axis.points.size()));
    }
    return axis;
  }

  RowReader& rows_;
  Diagnostics& diagnostics_;
};

}  // namespace

std::optional<Axis> read_sample(const Node& node, RowReader& rows, Diagnostics& diagnostics) {
  return SampleReader(rows, diagnostics).read(node);
}

}  // namespace cox::sweep
