#include "coordinator/sweep/plan.h"

namespace cox::sweep {

JobCount count_jobs(const SweepPlan& plan) {
  JobCount count;
  std::map<std::string, std::size_t> most;  // items by digest
  for (const Run& run : plan.runs) {
    const std::size_t videos = plan.dataset.videos_of(run).size();
    count.all += videos;
    std::size_t& of_digest = most[run.digest];
    of_digest = std::max(of_digest, videos);
  }
  for (const auto& [digest, videos] : most) count.distinct += videos;
  return count;
}

}  // namespace cox::sweep
