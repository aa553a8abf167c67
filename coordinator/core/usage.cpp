#include "coordinator/core/usage.h"

#include <algorithm>
#include <optional>

namespace cox::core {

namespace {

/// The cost of a job before any has been measured.
constexpr DurationUs kUnmeasuredJob = kSecondUs;
/// A worker whose clock was set while the job ran reports anything.
constexpr DurationUs kLongestAttempt = 30 * 24 * 3600 * kSecondUs;

DurationUs mean_of(const Share& own, const Share& all) {
  const Share& known = own.jobs > 0 ? own : all;
  if (known.jobs == 0) return kUnmeasuredJob;
  return known.measured / static_cast<DurationUs>(known.jobs);
}

void add(Share& share, DurationUs time) {
  share.used += time;
  share.measured += time;
  ++share.jobs;
}

}  // namespace

DurationUs turn_of(const QueueState& state, SeriesNumber number) {
  const Series& series = state.all_series[static_cast<std::size_t>(number) - 1];
  const auto leased = static_cast<DurationUs>(series.owned.of(JobState::kLeased));
  return series.share.used + leased * mean_of(series.share, state.all_shares);
}

void begin_turn(QueueState& state, SeriesNumber number) {
  std::optional<DurationUs> least;
  for (const Series& other : state.all_series) {
    if (other.record.number == number || !other.has_open_jobs()) continue;
    const DurationUs turn = turn_of(state, other.record.number);
    least = least ? std::min(*least, turn) : turn;
  }
  Share& share = state.series(number).share;
  if (least) share.used = std::max(share.used, *least);
}

DurationUs attempt_time(const Reported& event) {
  if (event.finished_at <= event.started_at) return 0;
  if (event.started_at < 0) return 0;
  return std::min(event.finished_at - event.started_at, kLongestAttempt);
}

void charge(Step& step, SeriesNumber number, DurationUs time) {
  if (time == 0) return;
  Series& series = step.state.series(number);
  add(series.share, time);
  add(step.state.all_shares, time);
  series.record.gpu_time += time;
  step.save(SaveUsage{number, series.record.gpu_time});
}

}  // namespace cox::core
