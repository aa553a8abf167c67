#include "coordinator/watch/metrics_text.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace cox::watch {

namespace {

using core::JobCounts;

constexpr std::array<std::pair<const char*, std::uint64_t JobCounts::*>, 7> kStates = {
    {{"queued", &JobCounts::queued},
     {"running", &JobCounts::leased},
     {"paused", &JobCounts::paused},
     {"done", &JobCounts::done},
     {"failed", &JobCounts::failed},
     {"failed_as_expected", &JobCounts::failed_as_expected},
     {"cancelled", &JobCounts::cancelled}}};

std::string header(const char* name, const char* type, const char* help) {
  return fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
}

/// A label's value: backslash, quote and line feed escaped, as the format requires.
std::string label_value(const std::string& text) {
  std::string value;
  for (const char c : text) {
    if (c == '\n') {
      value += "\\n";
    } else {
      if (c == '\\' || c == '"') value += '\\';
      value += c;
    }
  }
  return value;
}

std::string working(int value) {
  return header("cox_working", "gauge", "1 while the coordinator can write its database.") +
         fmt::format("cox_working {}\n", value);
}

}  // namespace

std::string metrics_text(const service::Standing& standing) {
  std::string text = working(1);
  text += header("cox_jobs", "gauge", "Jobs by state, each counted once.");
  for (const auto& [state, count] : kStates) {
    text += fmt::format("cox_jobs{{state=\"{}\"}} {}\n", state, standing.jobs.*count);
  }
  text += header("cox_series_jobs", "gauge",
                 "Jobs of a series by state; a job of several series counts in each.");
  for (const service::SeriesStanding& series : standing.series) {
    for (const auto& [state, count] : kStates) {
      text += fmt::format("cox_series_jobs{{series=\"{}\",state=\"{}\"}} {}\n",
                          label_value(series.series), state, series.jobs.*count);
    }
  }
  text += header("cox_workers", "gauge", "Workers that are connected.");
  text += fmt::format("cox_workers {}\n", standing.workers);
  text += header("cox_events_total", "counter", "Entries of the journal since the first start.");
  text += fmt::format("cox_events_total {}\n", standing.sequence);
  return text;
}

std::string stopped_metrics_text() { return working(0); }

}  // namespace cox::watch
