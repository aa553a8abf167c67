#include "coordinator/watch/event_rules.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace cox;
using namespace cox::watch;

namespace {

constexpr DurationUs kMinute = 60 * kSecondUs;

/// Events of one coordinator with one series, as `kind: message` texts.
class Story {
 public:
  explicit Story(DurationUs stall_after = 10 * kMinute) : rules_(stall_after) {}

  std::vector<std::string> look(const core::JobCounts& jobs, DurationUs later = kSecondUs,
                                std::uint32_t workers = 1) {
    now_ += later;
    service::Standing standing{.jobs = jobs, .series = {{"demo", jobs}}, .workers = workers};
    if (jobs.failed > 0) standing.failures = {{"demo", "full", "v1", "out of memory"}};
    std::vector<std::string> texts;
    for (const WatchEvent& event : rules_.observe(standing, now_)) {
      texts.push_back(event.kind + ": " + event.message);
    }
    return texts;
  }

 private:
  EventRules rules_;
  TimeUs now_ = 0;
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("the end of a series is told once, with what came of its jobs") {
  Story story;
  CHECK(story.look({.queued = 2}).empty());
  CHECK(story.look({.leased = 1, .done = 1}).empty());
  CHECK(story.look({.done = 2, .failed_as_expected = 1}) ==
        Texts{"series_ended: demo has ended: 2 of 3 jobs done, 1 failed as expected"});
  CHECK(story.look({.done = 2, .failed_as_expected = 1}).empty());
  CHECK(story.look({.queued = 1, .done = 2}).empty());
  CHECK(story.look({.done = 3}) == Texts{"series_ended: demo has ended: 3 of 3 jobs done"});
}

TEST_CASE("what a start finds is not news, and a paused series has not ended") {
  Story finished;
  CHECK(finished.look({.done = 3, .failed = 1}).empty());
  CHECK(finished.look({.done = 3, .failed = 1}).empty());
  Story paused;
  CHECK(paused.look({.queued = 2}).empty());
  CHECK(paused.look({.done = 1, .paused = 1}).empty());
}

TEST_CASE("the first failure of a series is told with its job, and again after a retry") {
  Story story;
  CHECK(story.look({.queued = 3}).empty());
  CHECK(story.look({.queued = 2, .failed = 1}) ==
        Texts{"first_failure: demo/full failed on v1: out of memory"});
  CHECK(story.look({.queued = 1, .failed = 2}).empty());
  CHECK(story.look({.queued = 3}).empty());
  CHECK(story.look({.queued = 2, .failed = 1}).size() == 1);
  CHECK(story.look({.queued = 2, .failed = 1, .failed_as_expected = 5}).empty());
}

TEST_CASE("a stall is told once, counted from the last job that ended") {
  Story story;
  CHECK(story.look({.queued = 2, .leased = 1}).empty());
  CHECK(story.look({.queued = 2, .leased = 1}, 9 * kMinute).empty());
  CHECK(story.look({.queued = 1, .leased = 1, .done = 1}, kMinute / 2).empty());
  CHECK(story.look({.queued = 1, .leased = 1, .done = 1}, 9 * kMinute).empty());
  CHECK(story.look({.queued = 1, .leased = 1, .done = 1}, kMinute) ==
        Texts{"stall: no job has ended for 10 min, 1 queued and 1 running; 1 worker is connected"});
  CHECK(story.look({.queued = 1, .leased = 1, .done = 1}, 20 * kMinute).empty());
  CHECK(story.look({.queued = 1, .done = 2}, kMinute).empty());
  CHECK(
      story.look({.queued = 1, .done = 2}, 11 * kMinute, 0) ==
      Texts{"stall: no job has ended for 11 min, 1 queued and 0 running; no worker is connected"});
  Story idle;
  CHECK(idle.look({.done = 5}).empty());
  CHECK(idle.look({.done = 5}, 600 * kMinute).empty());
}

TEST_CASE("an event is one line of JSON, whatever the names hold") {
  WatchEvent event{.kind = "first_failure",
                   .time = 1'790'000'000 * kSecondUs,
                   .series = "demo",
                   .message = "a \"quoted\"\nline \xff",
                   .jobs = {.queued = 1, .failed = 2},
                   .workers = 3,
                   .failure = service::FailureNews{"demo", "full", "<script>", "m"}};
  const std::string text = event_json(event);
  CHECK(text.find('\n') == text.size() - 1);
  const auto json = nlohmann::json::parse(text);
  CHECK(json["format"] == "cox-event/1");
  CHECK(json["event"] == "first_failure");
  CHECK(json["time"] == "2026-09-21T14:13:20.000000Z");
  CHECK(json["video"] == "<script>");
  CHECK(json["jobs"]["failed"] == 2);
  event.series.clear();
  CHECK(nlohmann::json::parse(event_json(event))["series"].is_null());
}
