#include "cli/progress/progress_meter.h"

namespace cox::cli {

void ProgressMeter::observe(TimeUs now, std::uint64_t finished) {
  if (!samples_.empty() && finished <= samples_.back().finished) return;
  samples_.push_back({now, finished});
  if (samples_.size() > kWindow) samples_.pop_front();
}

std::optional<double> ProgressMeter::jobs_per_second(TimeUs now) const {
  if (samples_.size() < 2 || now <= samples_.front().time) return std::nullopt;
  const auto finished = static_cast<double>(samples_.back().finished - samples_.front().finished);
  return finished * static_cast<double>(kSecondUs) /
         static_cast<double>(now - samples_.front().time);
}

std::optional<double> ProgressMeter::eta_s(TimeUs now, std::uint64_t remaining) const {
  if (remaining == 0) return 0;
  const std::optional<double> rate = jobs_per_second(now);
  if (!rate) return std::nullopt;
  return static_cast<double>(remaining) / *rate;
}

}  // namespace cox::cli
