#include "coordinator/cluster/task.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace cox::cluster {

namespace {

struct KnownState {
  const char* text;
  TaskKind kind;
  const char* meaning;
};

constexpr KnownState kStates[] = {
#define COX_TASK_STATE(state, kind, meaning) {#state, TaskKind::kind, meaning},
#include "coordinator/cluster/task_states.def"
#undef COX_TASK_STATE
};

/// "(null)", "None" and "None assigned" are Slurm's words for nothing.
std::string without_nothing(const std::string& text) {
  const bool nothing =
      text == "(null)" || text == "None" || text == "None assigned" || text == "N/A";
  return nothing ? "" : text;
}

/// Splits a line into `count` fields; the last may hold the separator.
Result<std::vector<std::string>> fields_of(const std::string& line, std::size_t count) {
  std::vector<std::string> fields = split(line, '|');
  while (fields.size() > count) {
    fields[count - 1] += '|' + fields[count];
    fields.erase(fields.begin() + static_cast<std::ptrdiff_t>(count));
  }
  if (fields.size() == count) return fields;
  return internal_error(fmt::format("expected {} fields between '|', got '{}'", count,
                                    abbreviated(escaped(line), 200)));
}

}  // namespace

bool TaskState::is_live() const {
  return kind == TaskKind::kWaiting || kind == TaskKind::kHeld || kind == TaskKind::kRunning ||
         kind == TaskKind::kSuspended;
}

TaskState task_state(const std::string& text) {
  // "CANCELLED by 1000" names who did it, and '+' marks a word that was cut.
  std::string word = text.substr(0, text.find(' '));
  while (!word.empty() && word.back() == '+') word.pop_back();
  const auto* const known =
      std::find_if(std::begin(kStates), std::end(kStates),
                   [&](const KnownState& state) { return word == state.text; });
  if (known == std::end(kStates)) {
    return {word, TaskKind::kUnknown, "an unknown state"};
  }
  return {known->text, known->kind, known->meaning};
}

Result<std::vector<Task>> read_queue(const std::string& text) {
  std::vector<Task> tasks;
  for (const std::string& line : split(text, '\n')) {
    if (line.empty()) continue;
    auto fields = fields_of(line, 6);
    if (!fields.is_ok()) return fields.status().with_context("squeue");
    const std::vector<std::string>& f = *fields;
    tasks.push_back({.id = f[0],
                     .state = task_state(f[1]),
                     .node = without_nothing(f[2]),
                     .reason = without_nothing(f[3]),
                     .left = without_nothing(f[4]),
                     .folder = f[5]});
  }
  return tasks;
}

Result<std::vector<Task>> read_account(const std::string& text) {
  std::vector<Task> tasks;
  for (const std::string& line : split(text, '\n')) {
    if (line.empty()) continue;
    auto fields = fields_of(line, 3);
    if (!fields.is_ok()) return fields.status().with_context("sacct");
    const std::vector<std::string>& f = *fields;
    if (f[0].find('.') != std::string::npos) continue;  // a step
    tasks.push_back({.id = f[0],
                     .state = task_state(f[1]),
                     .node = without_nothing(f[2]),
                     .reason = {},
                     .left = {},
                     .folder = {}});
  }
  return tasks;
}

}  // namespace cox::cluster
