#include "coordinator/report/compare/factors.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
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

/// Which runs share a level: equal lists mean that two parameters change together.
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

/// Whether the group in `finer` determines the group in `coarser`.
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
  for (const auto& parameter : runs.front()->parameters) {
    const std::string& name = parameter.first;  // clang 14 captures no structured binding
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

using Runs = std::vector<const RunData*>;

/// The parameters of any of the runs, `cond_frames` before the `adaptation_window.context_frames`
/// that was derived from it.
std::vector<std::string> all_parameters(const Runs& runs) {
  std::set<std::string> found;
  for (const RunData* run : runs) {
    for (const auto& [name, value] : run->parameters) found.insert(name);
  }
  std::vector<std::string> names(found.begin(), found.end());
  std::stable_partition(names.begin(), names.end(), [](const std::string& name) {
    return name.find('.') == std::string::npos;
  });
  return names;
}

/// The parameters that vary among runs besides a factor.
struct Others {
  std::vector<std::string> in_step;  ///< changes exactly where the factor does
  std::vector<std::string> free;  ///< must be equal within one ladder; one name for each partition
};

Others others_of(const Runs& runs, const std::string& factor) {
  const Partition by_factor = partition_by(runs, factor);
  const bool by_method = factor == kMethod;
  std::vector<std::string> names = by_method ? candidates(runs) : all_parameters(runs);
  std::erase(names, factor);
  Others others;
  std::set<Partition> known;
  for (const std::string& name : names) {
    const Partition groups = partition_by(runs, name);
    if (is_constant(groups)) continue;
    if (groups == by_factor && !by_method) {
      others.in_step.push_back(name);
    } else if (!(by_method && decides(by_factor, groups)) && known.insert(groups).second) {
      others.free.push_back(name);
    }
  }
  return others;
}

/// "steps = 20, method = obc"
std::string fixed_text(const RunData& run, const std::vector<std::string>& names) {
  std::vector<std::string> parts;
  for (const std::string& name : names) {
    parts.push_back(fmt::format("{} = {}", name, level_of(run, name)));
  }
  return join(parts, ", ");
}

/// Runs in groups of equal text, in the order of their first.
std::vector<std::pair<std::string, Runs>> grouped_by(
    const Runs& runs, const std::function<std::string(const RunData&)>& text_of) {
  std::vector<std::pair<std::string, Runs>> groups;
  for (const RunData* run : runs) {
    const std::string text = text_of(*run);
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const auto& known) { return known.first == text; });
    if (group == groups.end()) group = groups.insert(groups.end(), {text, {}});
    group->second.push_back(run);
  }
  return groups;
}

/// The ladders of one factor among `peers`: runs of one method, unless the factor is the method.
void add_ladders(const Runs& peers, const std::string& factor, bool names_method,
                 std::vector<Ladder>& ladders) {
  const Others others = others_of(peers, factor);
  std::vector<std::string> fixed = others.free;
  if (names_method) fixed.emplace_back(kMethod);
  const auto text_of = [&](const RunData& run) { return fixed_text(run, fixed); };
  for (auto& [text, runs] : grouped_by(peers, text_of)) {
    if (levels_of(runs, factor).size() < 2 || ladders.size() == kMostLadders) continue;
    std::stable_sort(runs.begin(), runs.end(), [&](const RunData* a, const RunData* b) {
      return comes_before(level_of(*a, factor), level_of(*b, factor));
    });
    ladders.push_back({factor, others.in_step, text, runs});
  }
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

std::vector<Ladder> ladders_of(const std::vector<const RunData*>& runs,
                               const std::vector<Factor>& factors) {
  std::vector<Ladder> ladders;
  const auto by_method = grouped_by(runs, [](const RunData& run) { return run.method; });
  for (const Factor& factor : factors) {
    if (factor.name == kMethod) {
      add_ladders(runs, factor.name, false, ladders);
      continue;
    }
    for (const auto& [method, peers] : by_method) {
      add_ladders(peers, factor.name, by_method.size() > 1, ladders);
    }
  }
  return ladders;
}

}  // namespace cox::report
