#include "cli/progress/progress_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "cli/output/terminal.h"
#include "coordinator/report/data/words.h"
#include "coordinator/report/print/number.h"

namespace cox::cli {

namespace {

constexpr double kSecondsPerMinute = 60;
constexpr double kSecondsPerHour = 3600;

/// In the unit that gives a number of readable size.
std::string rate_text(double jobs_per_second) {
  if (jobs_per_second >= 1) return fmt::format("{:.1f} jobs/s", jobs_per_second);
  if (jobs_per_second * kSecondsPerMinute >= 1) {
    return fmt::format("{:.1f} jobs/min", jobs_per_second * kSecondsPerMinute);
  }
  return fmt::format("{:.1f} jobs/h", jobs_per_second * kSecondsPerHour);
}

std::string subject_of(const v1::ProgressEvent& event) {
  return fmt::format("{} on {}", event.run(), event.video());
}

}  // namespace

std::uint64_t finished_jobs(const v1::ProgressReply& reply) {
  return reply.done() + reply.failed() + reply.failed_as_expected() + reply.cancelled() +
         reply.stopped();
}

std::uint64_t total_jobs(const v1::ProgressReply& reply) {
  return finished_jobs(reply) + reply.queued() + reply.leased() + reply.paused();
}

bool is_complete(const v1::ProgressReply& reply) {
  return reply.queued() == 0 && reply.leased() == 0;
}

std::string progress_line(const v1::ProgressReply& reply, const Pace& pace) {
  std::string line =
      fmt::format("{} of {}", finished_jobs(reply), report::counted(total_jobs(reply), "job"));
  const std::pair<std::uint64_t, const char*> counts[] = {
      {reply.failed(), "failed"},
      {reply.failed_as_expected(), "failed as expected"},
      {reply.cancelled(), "cancelled"},
      {reply.paused(), "paused"},
      {reply.stopped(), "stopped by a rule"},
      {reply.leased(), "with workers"}};
  for (const auto& [count, what] : counts) {
    if (count > 0) line += fmt::format(", {} {}", count, what);
  }
  if (pace.jobs_per_second) line += ", " + rate_text(*pace.jobs_per_second);
  if (pace.eta_s && !is_complete(reply)) {
    line += fmt::format(", about {} left", report::readable_duration(*pace.eta_s));
  }
  return line;
}

bool is_trouble(const v1::ProgressEvent& event) {
  return event.kind() == "failed" || event.kind() == "retry" || event.kind() == "lost" ||
         event.kind() == "quarantined";
}

std::string event_text(const v1::ProgressEvent& event) {
  if (event.kind() == "done") {
    std::vector<std::string> metrics;
    for (const auto& [name, value] : event.metrics()) {
      metrics.push_back(fmt::format("{} {}", name, report::readable_number(name, value)));
    }
    std::sort(metrics.begin(), metrics.end());  // a protobuf map has no order
    return printable(fmt::format("{}: {}", subject_of(event), join(metrics, ", ")));
  }
  std::string text = event.kind();
  if (!event.run().empty()) text += " " + subject_of(event);
  if (!event.message().empty()) text += ": " + event.message();
  return printable(text);
}

std::string activity_text(const v1::WorkerActivity& activity) {
  std::string text = activity.worker() + ": ";
  if (activity.run().empty()) return printable(text + "idle");
  text += fmt::format("{} on {}", activity.run(), activity.video());
  if (!activity.stage().empty()) text += ", " + activity.stage();
  if (activity.total() > 0) text += fmt::format(" {}/{}", activity.done(), activity.total());
  return printable(text);
}

std::string progress_bar(const v1::ProgressReply& reply, int width) {
  const auto inner = static_cast<std::uint64_t>(width - 2);
  const std::uint64_t total = total_jobs(reply);
  const std::uint64_t filled = total == 0 ? inner : finished_jobs(reply) * inner / total;
  return fmt::format("[{}{}]", std::string(filled, '='), std::string(inner - filled, ' '));
}

}  // namespace cox::cli
