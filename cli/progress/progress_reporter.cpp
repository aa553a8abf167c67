#include "cli/progress/progress_reporter.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "coordinator/report/data/words.h"

namespace cox::cli {

namespace {

constexpr int kBarWidth = 24;
constexpr int kMaxActivityLines = 16;
constexpr int kAssumedWidth = 80;  ///< of a terminal that does not report its width

/// Measures the speed of this session: jobs that were done before it do not count.
class SessionPace {
 public:
  Pace pace(const v1::ProgressReply& reply, TimeUs now) {
    if (!first_) first_ = finished_jobs(reply);
    // A retry makes a finished job unfinished again.
    const std::uint64_t finished = finished_jobs(reply);
    meter_.observe(now, finished > *first_ ? finished - *first_ : 0);
    return {meter_.jobs_per_second(now), meter_.eta_s(now, reply.queued() + reply.leased())};
  }

 private:
  ProgressMeter meter_;
  std::optional<std::uint64_t> first_;
};

/// Returns how many events of a lost bundle report its other jobs; `lost` was in flight.
int returned_with(const v1::ProgressEvent& lost, const v1::ProgressReply& reply) {
  return static_cast<int>(
      std::count_if(reply.events().begin(), reply.events().end(), [&](const auto& event) {
        return event.kind() == "returned" && event.message() == lost.message();
      }));
}

/// The events of a reply that a person should see at once, one line for each bundle that a worker
/// lost. Failures that the sweep expects are left out; they are recognized by the counts, unless
/// another job failed at the same time.
class Troubles {
 public:
  std::vector<std::string> of(const v1::ProgressReply& reply) {
    const bool as_expected = reply.failed() <= failed_;
    failed_ = reply.failed();
    std::vector<std::string> texts;
    for (const v1::ProgressEvent& event : reply.events()) {
      if (!is_trouble(event) || (as_expected && event.kind() == "failed")) continue;
      const int others = event.kind() == "lost" ? returned_with(event, reply) : 0;
      texts.push_back(event_text(event) + (others == 0
                                               ? ""
                                               : fmt::format("; {} of its bundle {} queued again",
                                                             report::counted(others, "other job"),
                                                             others == 1 ? "is" : "are")));
    }
    return texts;
  }

 private:
  std::uint64_t failed_ = 0;
};

/// The scores of the latest finished job; `before` when the reply has none.
std::string last_done(const v1::ProgressReply& reply, const std::string& before) {
  for (int i = reply.events_size() - 1; i >= 0; --i) {
    if (reply.events(i).kind() == "done") return event_text(reply.events(i));
  }
  return before;
}

class PlainReporter final : public ProgressReporter {
 public:
  explicit PlainReporter(std::ostream& out) : out_(out) {}

  void update(const v1::ProgressReply& reply, TimeUs now) override {
    const Pace pace = pace_.pace(reply, now);
    for (const std::string& trouble : troubles_.of(reply)) note(trouble);
    last_done_ = last_done(reply, last_done_);
    const std::uint64_t finished = finished_jobs(reply);
    const bool due = !printed_at_ || now - *printed_at_ >= kPlainInterval || is_complete(reply);
    if (!due || finished == printed_finished_) return;
    printed_at_ = now;
    printed_finished_ = finished;
    note(fmt::format("{}{}{}", progress_line(reply, pace),
                     last_done_.empty() ? "" : "; last: ", last_done_));
  }

  void note(std::string_view message) override { out_ << message << '\n' << std::flush; }

 private:
  std::ostream& out_;
  SessionPace pace_;
  Troubles troubles_;
  std::string last_done_;
  std::optional<TimeUs> printed_at_;
  std::optional<std::uint64_t> printed_finished_;
};

class LiveReporter final : public ProgressReporter {
 public:
  LiveReporter(std::ostream& out, const Terminal& terminal) : out_(out), terminal_(terminal) {
    if (terminal_.width == 0) terminal_.width = kAssumedWidth;
  }
  ~LiveReporter() override { LiveReporter::finish(); }

  void update(const v1::ProgressReply& reply, TimeUs now) override {
    last_done_ = last_done(reply, last_done_);
    const Pace pace = pace_.pace(reply, now);
    summary_ = progress_line(reply, pace);
    block_ = block_of(reply, pace);
    redraw(troubles_.of(reply));
  }

  void note(std::string_view message) override { redraw({std::string(message)}); }

  /// Replaces the block by its first line, which stays.
  void finish() override {
    block_.clear();
    redraw({});
    if (!summary_.empty()) out_ << std::exchange(summary_, {}) << '\n' << std::flush;
  }

 private:
  std::vector<std::string> block_of(const v1::ProgressReply& reply, const Pace& pace) const {
    std::vector<std::string> lines = {
        fmt::format("{} {}", progress_bar(reply, kBarWidth), progress_line(reply, pace))};
    const int shown = std::min(reply.activities_size(), kMaxActivityLines);
    for (int i = 0; i < shown; ++i) lines.push_back("  " + activity_text(reply.activities(i)));
    if (reply.activities_size() > shown) {
      lines.push_back(fmt::format("  and {} more workers", reply.activities_size() - shown));
    }
    if (!last_done_.empty()) lines.push_back("  last: " + last_done_);
    return lines;
  }

  /// Writes once, so that the terminal never shows half a block.
  void redraw(const std::vector<std::string>& above) {
    std::string text = drawn_lines_ > 0 ? fmt::format("\x1b[{}A", drawn_lines_) : "";
    text += "\r\x1b[J";
    for (const std::string& line : above) text += toned(terminal_, Tone::kWarning, line) + '\n';
    for (const std::string& line : block_) text += shortened(line, terminal_.width - 1) + '\n';
    drawn_lines_ = block_.size();
    out_ << text << std::flush;
  }

  std::ostream& out_;
  Terminal terminal_;
  SessionPace pace_;
  Troubles troubles_;
  std::string summary_;
  std::string last_done_;
  std::vector<std::string> block_;
  size_t drawn_lines_ = 0;
};

}  // namespace

std::unique_ptr<ProgressReporter> make_reporter(std::ostream& out, const Terminal& terminal) {
  if (terminal.interactive) return std::make_unique<LiveReporter>(out, terminal);
  return std::make_unique<PlainReporter>(out);
}

}  // namespace cox::cli
