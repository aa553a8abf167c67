#include "coordinator/service/journal.h"

#include <algorithm>
#include <map>

namespace cox::service {

namespace {

v1::ProgressEvent event_of(const core::JournalEntry& entry, const core::SaveResult* result) {
  v1::ProgressEvent event;
  event.set_sequence(entry.sequence);
  event.set_time_us(entry.time);
  event.set_kind(entry.kind);
  event.set_series(entry.series);
  event.set_run(entry.run);
  event.set_video(entry.video);
  event.set_message(entry.message);
  if (result == nullptr || result->job != entry.job_number || entry.kind != "done") return event;
  for (const auto& metric : result->result.output().metrics) {
    if (!metric.features.empty()) continue;  // of a set metric: a job by itself has no value
    (*event.mutable_metrics())[metric.name] = metric.mean;
  }
  return event;
}

}  // namespace

void Journal::publish(const core::Effects& effects) {
  const core::SaveResult* result = nullptr;
  for (const core::Save& save : effects.saves) {
    if (const auto* found = std::get_if<core::SaveResult>(&save)) result = found;
  }
  for (const core::Save& save : effects.saves) {
    const auto* entry = std::get_if<core::JournalEntry>(&save);
    if (entry == nullptr) continue;
    events_.push_back(event_of(*entry, result));
    if (events_.size() > kKeptEvents) events_.pop_front();
  }
}

std::deque<v1::ProgressEvent>::const_iterator Journal::first_after(std::uint64_t sequence) const {
  return std::upper_bound(
      events_.begin(), events_.end(), sequence,
      [](std::uint64_t after, const v1::ProgressEvent& event) { return after < event.sequence(); });
}

void Journal::read(std::uint64_t after_sequence, const std::string& series,
                   v1::ProgressReply& reply) const {
  reply.set_sequence(after_sequence);
  for (auto event = first_after(after_sequence);
       event != events_.end() && reply.events_size() < kEventsInReply; ++event) {
    reply.set_sequence(event->sequence());
    if (series.empty() || event->series() == series) *reply.add_events() = *event;
  }
}

std::vector<FailureNews> Journal::failures_after(std::uint64_t after_sequence) const {
  std::vector<FailureNews> failures;
  for (auto event = first_after(after_sequence); event != events_.end(); ++event) {
    if (event->kind() != "failed" && event->kind() != "quarantined") continue;
    failures.push_back({event->series(), event->run(), event->video(), event->message()});
  }
  return failures;
}

}  // namespace cox::service
