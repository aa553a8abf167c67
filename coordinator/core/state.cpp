#include "coordinator/core/state.h"

#include <array>

namespace cox::core {

namespace {

constexpr std::array<std::string_view, kJobStateCount> kStateNames = {
    "queued",    "blocked", "leased",      "done",   "failed",
    "cancelled", "paused",  "quarantined", "stopped"};
constexpr std::array<std::string_view, kStopReasonCount> kStopReasonNames = {"", "median", "asha",
                                                                             "budget", "overruled"};
constexpr std::array<std::string_view, 6> kOutcomeNames = {"open", "done",     "failed",
                                                           "lost", "returned", "cancelled"};

template <typename Enum, size_t kCount>
std::optional<Enum> find_name(const std::array<std::string_view, kCount>& names,
                              std::string_view name) {
  for (size_t i = 0; i < kCount; ++i) {
    if (names[i] == name && !name.empty()) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view state_name(JobState state) { return kStateNames[static_cast<size_t>(state)]; }

std::optional<JobState> state_named(std::string_view name) {
  return find_name<JobState>(kStateNames, name);
}

std::string_view stop_reason_name(StopReason reason) {
  return kStopReasonNames[static_cast<size_t>(reason)];
}

std::string_view outcome_name(AttemptOutcome outcome) {
  return kOutcomeNames[static_cast<size_t>(outcome)];
}

}  // namespace cox::core
