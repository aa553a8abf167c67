#include "coordinator/watch/event_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace cox::watch {

namespace {

using Json = nlohmann::ordered_json;
using core::JobCounts;

bool is_left(const JobCounts& jobs) { return jobs.open() > 0 || jobs.paused > 0; }

std::uint64_t ended_of(const JobCounts& jobs) {
  return jobs.done + jobs.failed + jobs.failed_as_expected + jobs.cancelled;
}

std::string outcome_text(const JobCounts& jobs) {
  std::string text = fmt::format("{} of {} jobs done", jobs.done, ended_of(jobs));
  if (jobs.failed > 0) text += fmt::format(", {} failed", jobs.failed);
  if (jobs.failed_as_expected > 0) {
    text += fmt::format(", {} failed as expected", jobs.failed_as_expected);
  }
  if (jobs.cancelled > 0) text += fmt::format(", {} cancelled", jobs.cancelled);
  return text;
}

Json counts_json(const JobCounts& jobs) {
  return {{"queued", jobs.queued},      {"running", jobs.leased},
          {"paused", jobs.paused},      {"done", jobs.done},
          {"failed", jobs.failed},      {"failed_as_expected", jobs.failed_as_expected},
          {"cancelled", jobs.cancelled}};
}

const service::FailureNews* first_failure(const service::Standing& standing,
                                          const std::string& series) {
  const auto found = std::find_if(standing.failures.begin(), standing.failures.end(),
                                  [&](const auto& news) { return news.series == series; });
  return found == standing.failures.end() ? nullptr : &*found;
}

WatchEvent failure_event(const service::SeriesStanding& series, const service::Standing& standing,
                         TimeUs now) {
  WatchEvent event{.kind = "first_failure",
                   .time = now,
                   .series = series.series,
                   .jobs = series.jobs,
                   .workers = standing.workers};
  if (const auto* news = first_failure(standing, series.series)) {
    event.failure = *news;
    event.message =
        fmt::format("{}/{} failed on {}: {}", news->series, news->run, news->video, news->message);
  } else {
    event.message =
        fmt::format("a job of {} failed: cox results {} --failures", series.series, series.series);
  }
  return event;
}

}  // namespace

std::string event_json(const WatchEvent& event) {
  Json json = {{"format", "cox-event/1"},
               {"event", event.kind},
               {"time", format_time_utc(event.time)},
               {"series", event.series.empty() ? Json() : Json(event.series)},
               {"message", event.message},
               {"jobs", counts_json(event.jobs)},
               {"workers", event.workers}};
  if (event.failure) {
    json["run"] = event.failure->run;
    json["video"] = event.failure->video;
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::vector<WatchEvent> EventRules::observe(const service::Standing& standing, TimeUs now) {
  std::vector<WatchEvent> events;
  for (const service::SeriesStanding& series : standing.series) {
    observe_series(series, standing, now, events);
  }
  observe_progress(standing, now, events);
  is_first_ = false;
  return events;
}

void EventRules::observe_series(const service::SeriesStanding& series,
                                const service::Standing& standing, TimeUs now,
                                std::vector<WatchEvent>& events) {
  const auto [place, is_new] = known_.try_emplace(series.series);
  Known& known = place->second;
  const bool was_open = known.is_open || (is_new && !is_first_);
  const bool had_failed = known.has_failed;
  known.is_open = is_left(series.jobs);
  known.has_failed = series.jobs.failed > 0;
  if (is_first_) return;
  if (known.has_failed && !had_failed) events.push_back(failure_event(series, standing, now));
  if (!was_open || known.is_open) return;
  events.push_back(
      {.kind = "series_ended",
       .time = now,
       .series = series.series,
       .message = fmt::format("{} has ended: {}", series.series, outcome_text(series.jobs)),
       .jobs = series.jobs,
       .workers = standing.workers});
}

void EventRules::observe_progress(const service::Standing& standing, TimeUs now,
                                  std::vector<WatchEvent>& events) {
  const std::uint64_t ended = ended_of(standing.jobs);
  if (is_first_ || ended != ended_jobs_ || standing.jobs.open() == 0) {
    ended_jobs_ = ended;
    progress_at_ = now;
    stall_told_ = false;
    return;
  }
  if (stall_told_ || now - progress_at_ < stall_after_) return;
  stall_told_ = true;
  const std::string cause =
      standing.workers == 0
          ? "no worker is connected"
          : fmt::format("{} connected", standing.workers == 1
                                            ? std::string("1 worker is")
                                            : fmt::format("{} workers are", standing.workers));
  events.push_back({.kind = "stall",
                    .time = now,
                    .message = fmt::format("no job has ended for {} min, {} queued and {} running; "
                                           "{}",
                                           (now - progress_at_) / (60 * kSecondUs),
                                           standing.jobs.queued, standing.jobs.leased, cause),
                    .jobs = standing.jobs,
                    .workers = standing.workers});
}

}  // namespace cox::watch
