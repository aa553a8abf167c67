#include "coordinator/report/compare/factors.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>

#include "base/text.h"

namespace cox::report {

namespace {

constexpr const char* kMethod = "method";

std::optional<double> number_of(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole ? std::optional(value) : std::nullopt;
}

/// Numbers by value before texts by name.
bool comes_before(const std::string& a, const std::string& b) {
  const auto number_a = number_of(a);
  const auto number_b = number_of(b);
  if (number_a && number_b) return *number_a < *number_b;
  if (number_a || number_b) return number_a.has_value();
  return a < b;
}

/// Which runs share a level: equal lists mean that two parameters change in step.
using Partition = std::vector<std::size_t>;

Partition partition_by(const std::vector<const RunData*>& runs, const std::string& factor) {
  std::vector<std::string> seen;
  Partition groups;
  for (const RunData* run : runs) {
    const std::string level = level_of(*run, factor);
    const auto at = std::find(seen.begin(), seen.end(), level);
    groups.push_back(static_cast<std::size_t>(at - seen.begin()));
    if (at == seen.end()) seen.push_back(level);
  }
  return groups;
}

/// Whether the group in `finer` tells the group in `coarser`.
bool decides(const Partition& finer, const Partition& coarser) {
  std::map<std::size_t, std::size_t> known;
  for (std::size_t i = 0; i < finer.size(); ++i) {
    if (known.emplace(finer[i], coarser[i]).first->second != coarser[i]) return false;
  }
  return true;
}

bool is_constant(const Partition& groups) {
  return std::all_of(groups.begin(), groups.end(), [](std::size_t group) { return group == 0; });
}

/// `method` and the parameters that every run has, in an order that puts the name to show first:
/// `cond_frames` before the `adaptation_window.context_frames` that was derived from it.
std::vector<std::string> candidates(const std::vector<const RunData*>& runs) {
  std::vector<std::string> names;
  for (const auto& [name, value] : runs.front()->parameters) {
    const bool everywhere = std::all_of(runs.begin(), runs.end(), [&](const RunData* run) {
      return run->parameters.contains(name);
    });
    if (everywhere) names.push_back(name);
  }
  std::stable_partition(names.begin(), names.end(), [](const std::string& name) {
    return name.find('.') == std::string::npos;
  });
  names.insert(names.begin(), kMethod);
  return names;
}

std::vector<std::string> levels_of(const std::vector<const RunData*>& runs,
                                   const std::string& factor) {
  std::set<std::string> distinct;
  for (const RunData* run : runs) distinct.insert(level_of(*run, factor));
  std::vector<std::string> levels(distinct.begin(), distinct.end());
  std::stable_sort(levels.begin(), levels.end(), comes_before);
  return levels;
}

std::string fixed_text(const RunData& run, const std::vector<Factor>& factors,
                       const std::string& but) {
  std::vector<std::string> parts;
  for (const Factor& factor : factors) {
    if (factor.name == but) continue;
    parts.push_back(concat(factor.name, " = ", level_of(run, factor.name)));
  }
  return join(parts, ", ");
}

}  // namespace

std::string level_of(const RunData& run, const std::string& factor) {
  if (factor == kMethod) return run.method;
  const auto found = run.parameters.find(factor);
  if (found == run.parameters.end()) return "-";
  const std::string& json = found->second;
  const bool quoted = json.size() >= 2 && json.front() == '"';
  return quoted ? json.substr(1, json.size() - 2) : json;
}

std::vector<Factor> factors_of(const std::vector<const RunData*>& runs) {
  if (runs.size() < 2) return {};
  std::vector<Factor> factors;
  std::vector<Partition> partitions;
  for (const std::string& name : candidates(runs)) {
    const Partition groups = partition_by(runs, name);
    if (is_constant(groups)) continue;
    const auto same = std::find(partitions.begin(), partitions.end(), groups);
    if (same != partitions.end()) {
      factors[static_cast<std::size_t>(same - partitions.begin())].also.push_back(name);
      continue;
    }
    factors.push_back({name, {}, levels_of(runs, name)});
    partitions.push_back(groups);
  }
  std::vector<Factor> free;
  for (std::size_t i = 0; i < factors.size(); ++i) {
    bool decided = false;
    for (std::size_t j = 0; j < factors.size() && !decided; ++j) {
      decided = i != j && decides(partitions[j], partitions[i]);
    }
    if (!decided) free.push_back(factors[i]);
  }
  return free;
}

std::vector<Slice> slices_of(const std::vector<const RunData*>& runs,
                             const std::vector<Factor>& factors) {
  std::vector<Slice> slices;
  for (const Factor& factor : factors) {
    std::vector<std::string> order;
    std::map<std::string, Slice> by_fixed;
    for (const RunData* run : runs) {
      const std::string fixed = fixed_text(*run, factors, factor.name);
      if (!by_fixed.contains(fixed)) order.push_back(fixed);
      Slice& slice = by_fixed[fixed];
      slice.factor = factor.name;
      slice.fixed = fixed;
      slice.runs.push_back(run);
    }
    for (const std::string& fixed : order) {
      Slice& slice = by_fixed[fixed];
      if (levels_of(slice.runs, factor.name).size() < 2 || slices.size() == kMostSlices) continue;
      std::stable_sort(slice.runs.begin(), slice.runs.end(),
                       [&](const RunData* a, const RunData* b) {
                         return comes_before(level_of(*a, factor.name), level_of(*b, factor.name));
                       });
      slices.push_back(slice);
    }
  }
  return slices;
}

}  // namespace cox::report
