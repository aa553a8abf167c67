#include "coordinator/cluster/backlog.h"

#include <algorithm>
#include <map>

namespace cox::cluster {

namespace {

struct Mean {
  double total = 0;
  double count = 0;

  void add(double value, std::uint64_t times) {
    total += value * static_cast<double>(times);
    count += static_cast<double>(times);
  }
  std::optional<double> value() const {
    return count > 0 ? std::optional(total / count) : std::nullopt;
  }
};

}  // namespace

Backlog add_up(const std::vector<OpenRun>& runs) {
  std::map<std::string, Mean> by_method;
  Mean all;
  for (const OpenRun& run : runs) {
    if (!run.seconds) continue;
    by_method[run.method].add(*run.seconds, run.done_jobs);
    all.add(*run.seconds, run.done_jobs);
  }
  Backlog backlog;
  for (const OpenRun& run : runs) {
    if (run.open_jobs == 0) continue;
    backlog.open_jobs += run.open_jobs;
    std::optional<double> expected = run.seconds;
    if (!expected) expected = by_method[run.method].value();
    if (!expected) expected = all.value();
    if (!expected) continue;
    backlog.seconds = backlog.seconds.value_or(0) + *expected * static_cast<double>(run.open_jobs);
    backlog.longest_job_s = std::max(backlog.longest_job_s.value_or(0), *expected);
  }
  return backlog;
}

}  // namespace cox::cluster
