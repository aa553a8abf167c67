#include "coordinator/sweep/plan_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>
#include <utility>

#include "base/text.h"
#include "coordinator/sweep/effective.h"
#include "coordinator/sweep/read_value.h"

namespace cox::sweep {

namespace {

constexpr size_t kShortDigest = 12;

std::string short_digest(const std::string& digest) { return digest.substr(0, kShortDigest); }

/// The written settings of the runs: those that differ, those that all share, and those shared by
/// the runs that have the parameter. Schema defaults are left out.
struct Contrast {
  std::vector<std::string> varying;
  std::vector<std::string> of_all;
  std::vector<std::string> of_some;  ///< as `name=value`, like of_all
};

bool is_written(const Run& run, const std::string& name) {
  const auto origin = run.origins.find(name);
  return origin != run.origins.end() && origin->second.layer != "schema";
}

Contrast contrast_of(const std::vector<Run>& runs) {
  struct Seen {
    std::set<std::string> values;
    size_t runs = 0;
    bool written = false;
  };
  std::map<std::string, Seen> parameters;
  for (const Run& run : runs) {
    for (const auto& [name, value] : run.parameters) {
      Seen& seen = parameters[name];
      seen.values.insert(shown(value));
      ++seen.runs;
      seen.written = seen.written || is_written(run, name);
    }
  }
  Contrast contrast;
  for (const auto& [name, seen] : parameters) {
    if (!seen.written) continue;
    if (seen.values.size() > 1) {
      contrast.varying.push_back(name);
    } else {
      auto& shared = seen.runs == runs.size() ? contrast.of_all : contrast.of_some;
      shared.push_back(name + "=" + *seen.values.begin());
    }
  }
  return contrast;
}

std::string settings_of(const Run& run, const std::vector<std::string>& names) {
  std::vector<std::string> parts;
  for (const std::string& name : names) {
    const auto found = run.parameters.find(name);
    if (found != run.parameters.end()) parts.push_back(name + "=" + shown(found->second));
  }
  return join(parts, " ");
}

using Rows = std::vector<std::vector<std::string>>;

std::string aligned(const Rows& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string gibibytes(std::int64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f GiB", static_cast<double>(bytes) / (1 << 30));
  return text;
}

/// "2 videos", "944 prompts": a data set holds one kind of items.
std::string counted_items(const Dataset& dataset, std::size_t count) {
  const bool has_prompts = !dataset.videos.empty() && dataset.videos.front().is_prompt();
  return counted(count, has_prompts ? "prompt" : "video");
}

/// "2 videos", "30 to 50 videos" when runs take different numbers.
std::string counted_items_of_runs(const SweepPlan& plan) {
  std::size_t most = 0;
  std::size_t fewest = plan.dataset.videos.size();
  for (const Run& run : plan.runs) {
    const std::size_t videos = plan.dataset.videos_of(run).size();
    most = std::max(most, videos);
    fewest = std::min(fewest, videos);
  }
  const std::string items = counted_items(plan.dataset, most);
  return fewest < most ? fmt::format("{} to {}", fewest, items) : items;
}

std::string heading(const SweepPlan& plan) {
  std::string text = "series   " + plan.series.name;
  if (plan.series.number != 0) text += fmt::format(" (number {})", plan.series.number);
  if (!plan.series.title.empty()) text += ": " + plan.series.title;
  text += "\n";
  if (const std::string needs = needs_text(plan.resources); !needs.empty()) {
    text += "workers  need " + needs + "\n";
  }
  if (plan.dataset.digest.empty()) return text;
  text += fmt::format("dataset  {}, {}, digest {}\n", plan.dataset.name,
                      counted_items(plan.dataset, plan.dataset.videos.size()),
                      short_digest(plan.dataset.digest));
  if (!plan.dataset.expected_failures.empty()) {
    text += "         expected to fail: " + join(plan.dataset.expected_failures, ", ") + "\n";
  }
  text += fmt::format("model    {} in {}, digest {}\n", plan.model.backbone, plan.model.directory,
                      short_digest(plan.model.digest));
  for (const WeightFile& lora : plan.model.loras) {
    text += fmt::format("lora     {}, digest {}{}\n", lora.path, short_digest(lora.digest),
                        lora.multiplier == 1 ? "" : ", times " + shown(Value(lora.multiplier)));
  }
  return text;
}

// Names of each configuration, in the order of the file.
std::vector<std::vector<std::string>> names_by_digest(const std::vector<Run>& runs) {
  std::map<std::string, size_t> index;
  std::vector<std::vector<std::string>> names;
  for (const Run& run : runs) {
    const auto [found, is_new] = index.emplace(run.digest, names.size());
    if (is_new) names.emplace_back();
    names[found->second].push_back(run.name);
  }
  return names;
}

std::string totals(const SweepPlan& plan) {
  std::string text = counted(plan.runs.size(), "run");
  if (plan.dataset.digest.empty()) return text + "\n";
  const JobCount jobs = count_jobs(plan);
  text += fmt::format(" x {}: {}", counted_items_of_runs(plan), counted(jobs.all, "job"));
  if (jobs.distinct < jobs.all) text += fmt::format(", {} of them distinct", jobs.distinct);
  const auto names = names_by_digest(plan.runs);
  text += "\n";
  for (const auto& same : names) {
    if (same.size() > 1) text += "the same configuration: " + join(same, " = ") + "\n";
  }
  for (const EqualRuns& equal : plan.equal_in_effect) {
    text += fmt::format("equal in effect: {} (computed for each; they differ in {})\n",
                        join(equal.names, " = "), join(equal.parameters, ", "));
  }
  for (const std::string& note : plan.notes) text += "note: " + note + "\n";
  return text;
}

}  // namespace

std::string counted(std::int64_t count, const std::string& singular) {
  return fmt::format("{} {}{}", count, singular, count == 1 ? "" : "s");
}

std::string needs_text(const Resources& needs) {
  std::vector<std::string> parts;
  const bool several = needs.gpus > 1;
  const std::string gpus = several ? fmt::format("{} GPUs", needs.gpus) : "a GPU";
  if (needs.gpu_memory_bytes > 0) {
    parts.push_back(fmt::format("{} with {}{}", gpus, gibibytes(needs.gpu_memory_bytes),
                                several ? " each" : ""));
  } else if (needs.gpus > 0) {
    parts.push_back(gpus);
  }
  if (needs.memory_bytes > 0) {
    parts.push_back(fmt::format("a machine with {}", gibibytes(needs.memory_bytes)));
  }
  return join(parts, " in ");
}

std::string plan_text(const SweepPlan& plan) {
  if (!plan.waits_for.empty()) {
    return heading(plan) + fmt::format("waits for {}\n\n{}: {}\n", plan.waits_for,
                                       counted(plan.waiting_runs.size(), "run"),
                                       join(plan.waiting_runs, ", "));
  }
  const Contrast contrast = contrast_of(plan.runs);
  Rows rows = {{"run", "digest", "method", "jobs", "settings"}};
  for (const Run& run : plan.runs) {
    rows.push_back(
        {run.name, run.digest.empty() ? "-" : short_digest(run.digest), run.method,
         plan.dataset.digest.empty() ? "-" : fmt::to_string(plan.dataset.videos_of(run).size()),
         settings_of(run, contrast.varying)});
  }
  std::string text = heading(plan) + "\n" + aligned(rows) + "\n";
  if (!contrast.of_all.empty()) text += "all runs: " + join(contrast.of_all, " ") + "\n";
  if (!contrast.of_some.empty()) {
    text += "all runs whose method has it: " + join(contrast.of_some, " ") + "\n";
  }
  text += "everything else is at its schema default\n\n";
  return text + totals(plan);
}

std::string origins_text(const SweepPlan& plan) {
  std::string text;
  for (const Run& run : plan.runs) {
    Rows rows = {{run.name, "value", "origin"}};
    for (const auto& [name, value] : run.parameters) {
      rows.push_back({"  " + name, shown(value), origin_text(run.origins.at(name))});
    }
    for (const auto& [name, value] : run.labels) {
      const auto origin = run.origins.find(name);  // of a parameter that is a label
      if (origin != run.origins.end()) {
        rows.push_back({"  " + name, value, origin_text(origin->second)});
      }
    }
    text += aligned(rows) + "\n";
  }
  return text;
}

std::string duplicates_text(const std::vector<SweepPlan>& plans) {
  std::string text;
  for (const auto& group : duplicates_among(plans)) {
    text += fmt::format("the same result: {}\n", join(group, " = "));
  }
  return text;
}

}  // namespace cox::sweep
