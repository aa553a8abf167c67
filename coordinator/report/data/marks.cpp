#include "coordinator/report/data/marks.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace cox::report {

namespace {

constexpr std::size_t kMostRunsNamed = 6;  ///< runs in one sentence

/// A value of a parameter that a reader must know of.
struct MarkedValue {
  const char* parameter;
  const char* value;  ///< as canonical JSON
  const char* mark;
};

constexpr MarkedValue kMarkedValues[] = {
    {"loss_target", "\"noise_minus_clean\"", "flipped target"},
    {"dtype", "\"fp8\"", "fp8"},
};

/// A rule of the series stopped jobs of the run: its means cover what it had by then.
constexpr const char* kStoppedMark = "stopped early";

bool is_stopped(const RunData& run) {
  const auto stopped = [](const Unfinished& video) { return video.state == "stopped"; };
  return std::any_of(run.unfinished.begin(), run.unfinished.end(), stopped) ||
         std::any_of(run.replicates.begin(), run.replicates.end(), is_stopped);
}

bool has_parameter(const RunData& run, const char* parameter) {
  return run.parameters.contains(parameter);
}

bool has_value(const RunData& run, const MarkedValue& marked) {
  const auto found = run.parameters.find(marked.parameter);
  return found != run.parameters.end() && found->second == marked.value;
}

/// "flipped target in a, b, but not in c", or "" when all or none of the runs have the mark.
template <typename IsMarked>
std::string mixture_of(const char* mark, const std::vector<const RunData*>& runs,
                       const IsMarked& is_marked) {
  std::vector<std::string> marked;
  std::vector<std::string> others;
  for (const RunData* run : runs) {
    (is_marked(*run) ? marked : others).push_back(run->full_name());
  }
  if (marked.empty() || others.empty()) return "";
  return fmt::format("{} in {}, but not in {}: these runs do not measure the same thing", mark,
                     join_first(marked, kMostRunsNamed), join_first(others, kMostRunsNamed));
}

}  // namespace

std::vector<std::string> marks_of(const RunData& run) {
  std::vector<std::string> marks;
  for (const MarkedValue& marked : kMarkedValues) {
    if (has_value(run, marked)) marks.emplace_back(marked.mark);
  }
  if (is_stopped(run)) marks.emplace_back(kStoppedMark);
  if (!run.preset.empty()) marks.push_back(fmt::format("{} {}", kReplicateMark, run.preset));
  return marks;
}

std::string with_marks(const std::string& name, const std::vector<std::string>& marks) {
  return marks.empty() ? name : fmt::format("{} ({})", name, join(marks, ", "));
}

std::vector<std::string> mark_warnings(const std::vector<RunData>& runs) {
  std::vector<std::string> warnings;
  for (const MarkedValue& marked : kMarkedValues) {
    std::vector<const RunData*> trained;  // a run without the parameter cannot have the mark
    for (const RunData& run : runs) {
      if (has_parameter(run, marked.parameter)) trained.push_back(&run);
    }
    warnings.push_back(mixture_of(marked.mark, trained,
                                  [&](const RunData& run) { return has_value(run, marked); }));
  }
  std::vector<const RunData*> all;
  for (const RunData& run : runs) all.push_back(&run);
  warnings.push_back(
      mixture_of(kReplicateMark, all, [](const RunData& run) { return !run.preset.empty(); }));
  std::erase(warnings, "");
  return warnings;
}

}  // namespace cox::report
