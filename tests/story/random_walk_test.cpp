#include <unistd.h>
#include <catch2/catch.hpp>
#include <cstdlib>

#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <vector>

#include "base/digest.h"
#include "base/text.h"
#include "coordinator/core/core.h"
#include "coordinator/store/store.h"

// A long random history of a small cluster, against a real database. The seed is printed; set
// COX_WALK_SEED to repeat a history.

namespace cox::core {
namespace {

constexpr int kEvents = 20'000;
constexpr int kSanityEvery = 50;
constexpr int kReloadEvery = 1'000;
constexpr int kLastSubmissions = 20;
constexpr std::int64_t kGigabyte = 1'000'000'000;

/// An attempt that some worker believes to hold.
struct Held {
  WorkerId worker;
  LeaseId lease;
  JobDigest job;
  std::uint32_t attempt = 0;
};

/// What must hold over the whole history, from the effects alone.
class Oracle {
 public:
  void see(const Effects& effects) {
    for (const Save& save : effects.saves) {
      if (const auto* result = std::get_if<SaveResult>(&save)) {
        INFO("job " << static_cast<unsigned>(result->job));
        REQUIRE(finished_.insert(result->job).second);
      }
      if (const auto* state = std::get_if<SaveJobState>(&save)) {
        JobStatus& last = last_[state->job];
        REQUIRE(state->status.attempt >= last.attempt);
        REQUIRE(state->status.reported_attempt >= last.reported_attempt);
        REQUIRE(last.state != JobState::kDone);
        last = state->status;
      }
      if (const auto* attempt = std::get_if<SaveAttempt>(&save)) {
        REQUIRE(attempts_.insert({attempt->job, attempt->attempt}).second);
        const Resources& needs = needs_.at(series_of_.at(submission_of_.at(attempt->job)));
        REQUIRE(covers(has_.at(attempt->worker), needs));
      }
      if (const auto* submitted = std::get_if<SaveSubmission>(&save)) {
        const SubmissionRecord& record = submitted->submission;
        series_of_[record.number] = record.series;
        needs_[record.series] = record.needs;
      }
      if (const auto* made = std::get_if<SaveJobs>(&save)) {
        for (const JobRecord& job : made->jobs) submission_of_[job.number] = job.submission;
      }
      if (const auto* usage = std::get_if<SaveUsage>(&save)) {
        REQUIRE(usage->gpu_time > usage_[usage->series]);
        usage_[usage->series] = usage->gpu_time;
      }
      if (const auto* worker = std::get_if<SaveWorker>(&save)) {
        has_[worker->worker.number] = worker->worker.has;
      }
      if (const auto* end = std::get_if<SaveAttemptEnd>(&save)) {
        REQUIRE(attempts_.count({end->job, end->attempt}) == 1);
        REQUIRE(ended_.insert({end->job, end->attempt}).second);
      }
      if (const auto* entry = std::get_if<JournalEntry>(&save)) {
        REQUIRE(entry->sequence == ++sequence_);
      }
    }
  }
  const std::set<JobNumber>& finished() const { return finished_; }

 private:
  std::set<JobNumber> finished_;
  std::map<JobNumber, JobStatus> last_;
  std::set<std::pair<JobNumber, std::uint32_t>> attempts_;
  std::set<std::pair<JobNumber, std::uint32_t>> ended_;
  std::map<SubmissionNumber, SeriesNumber> series_of_;
  std::map<JobNumber, SubmissionNumber> submission_of_;
  std::map<SeriesNumber, Resources> needs_;  ///< of its newest submission
  std::map<WorkerNumber, Resources> has_;
  std::map<SeriesNumber, DurationUs> usage_;
  std::uint64_t sequence_ = 0;
};

class Walk {
 public:
  Walk(unsigned seed, std::string path)
      : random_(seed), path_(std::move(path)), store_(store::Store::open(path_).value()) {}

  void run() {
    for (int i = 0; i < kEvents; ++i) {
      now_ += pick(3 * kSecondUs);
      apply(next_event());
      if (i % kSanityEvery == 0) core_.sanity_check();
      if (i % kReloadEvery == kReloadEvery - 1) reload();
    }
    drain();
  }

 private:
  unsigned pick(unsigned count) {
    return std::uniform_int_distribution<unsigned>(0, count - 1)(random_);
  }

  /// A dry run of a submission changes nothing and answers what the submission then answers.
  SubmissionAnswer preview(Submitted event) {
    event.dry_run = true;
    const Effects effects = core_.apply(std::move(event), now_);
    REQUIRE(effects.saves.empty());
    return *effects.answer<SubmissionAnswer>();
  }

  void apply(Event event) {
    std::optional<SubmissionAnswer> expected;
    if (const auto* submitted = std::get_if<Submitted>(&event)) expected = preview(*submitted);
    const Effects effects = core_.apply(std::move(event), now_);
    if (expected) REQUIRE(*effects.answer<SubmissionAnswer>() == *expected);
    oracle_.see(effects);
    REQUIRE(store_.commit(effects).is_ok());
    if (const auto* joined = effects.answer<WorkerAnswer>()) workers_.push_back(joined->worker);
    if (const auto* grant = effects.answer<LeaseGrant>()) {
      REQUIRE_FALSE(grant->jobs.empty());
      for (const GrantedJob& job : grant->jobs) {
        held_.push_back({asking_, grant->lease, job.digest, job.attempt});
      }
    }
  }

  Event next_event() {
    switch (pick(20)) {
      case 0:  // each cancels what its series asked for before, so some time must lie between
        return pick(4) == 0 ? Event(submission()) : Event(Tick{});
      case 1:
        return WorkerJoined{concat('w', pick(4)),
                            "host",
                            1,
                            "cpu",
                            "cpu",
                            "build",
                            {pick(2), pick(3) * kGigabyte, 0}};
      case 2:
        return workers_.empty() || pick(4) > 0 ? Event(Tick{}) : WorkerLeft{any_worker(), ""};
      case 3:
        return change();
      case 4:
      case 5:
        return heartbeat();
      case 6:
      case 7:
        return Tick{};
      case 8:
      case 9:
      case 10:
      case 11:
      case 12:
        asking_ = any_worker();
        return LeaseAsked{asking_, sha256_of(concat("model", pick(3))), 1 + pick(4)};
      default:
        return report();
    }
  }

  WorkerId any_worker() {
    return workers_.empty() ? WorkerId("nobody")
                            : workers_[pick(static_cast<unsigned>(workers_.size()))];
  }

  Submitted submission() {
    Submitted event;
    event.series = concat("series", pick(4));
    const unsigned first_video = pick(6);
    const unsigned videos = 1 + pick(5);
    event.dataset = "d";
    std::vector<std::string> digests;  // of the first videos
    for (unsigned v = first_video; v < first_video + videos; ++v) {
      const std::string id = concat('v', v);
      event.videos.push_back(
          {{id, concat("/", pick(2), id), sha256_of(id), "caption"}, v % 5 == 0});
      event.dataset_digest = sha256_of(event.dataset_digest + id);
      digests.push_back(event.dataset_digest);
    }
    const unsigned runs = 1 + pick(4);
    const unsigned configuration = pick(40);
    for (unsigned r = 0; r < runs; ++r) {
      const std::string digest = sha256_of(concat("run", configuration + r));
      event.runs.push_back({concat("run", r), "{}", digest, "none", "toy",
                            sha256_of(concat("model", (configuration + r) % 3)), "{}", digest});
      if (r % 2 == 0) event.runs.back().share.trajectory = digest;  // it trains
      if (const unsigned taken = pick(3) == 0 ? pick(videos) : 0; taken > 0) {
        event.runs.back().videos = taken;
        event.runs.back().dataset_digest = digests[taken - 1];
      }
      for (std::size_t v = 0; v < event.videos_of(event.runs.back()); ++v) {
        event.jobs.push_back(JobDigest::parse(sha256_of(digest + event.videos[v].id)).value());
      }
    }
    event.priority = static_cast<std::int32_t>(pick(3)) - 1;
    event.retry = {pick(3), pick(2), pick(6), kSecondUs, 20 * kSecondUs};
    event.needs.gpus = pick(4) == 0 ? 1 : 0;
    event.policy = {pick(20) == 0, pick(3) == 0 ? 5 + pick(10) : 0, pick(8) == 0 ? 0.05 : 0.0};
    event.job_time_limit = pick(3) == 0 ? 20 * kSecondUs : 0;
    if (pick(3) == 0)
      event.stop_rule = {pick(2) == 0 ? "median" : "asha", "psnr", pick(2) == 0, 1, 2, {}};
    return event;
  }

  Event change() {
    Selection select{concat("series", pick(4)), "", ""};
    if (pick(2) == 0) select.run = concat("run", pick(4));
    select.dry_run = pick(10) == 0;
    switch (pick(10)) {
      case 8:
        return PriorityAsked{select, static_cast<std::int32_t>(pick(5)) - 2};
      case 9:
        return LabelAsked{select, {concat("tag", pick(3))}, {}, "a note"};
      case 0:
        return CancelAsked{select};
      case 1:
        return PauseAsked{select};
      case 2:
      case 3:
        return ResumeAsked{select};
      default:
        return RetryAsked{
            select,
            {JobState::kFailed, JobState::kQuarantined, JobState::kCancelled, JobState::kStopped},
            {}};
    }
  }

  HeartbeatSeen heartbeat() {
    HeartbeatSeen beat{any_worker(), {}, {}};
    for (const Held& held : held_) {
      if (held.worker == beat.worker && pick(4) > 0) beat.leases.push_back(held.lease);
    }
    if (!held_.empty()) beat.running = held_[pick(static_cast<unsigned>(held_.size()))].job;
    return beat;
  }

  Event report() {
    if (held_.empty()) return Tick{};
    const unsigned index = pick(static_cast<unsigned>(held_.size()));
    Held held = held_[index];
    if (pick(3) > 0) held_.erase(held_.begin() + index);  // else it is sent again later
    if (pick(30) == 0) ++held.attempt;                    // a forgery
    const TimeUs began = now_ - pick(60 * kSecondUs);
    Reported event{held.worker, held.lease, held.job, held.attempt, began, now_, result()};
    if (pick(3) == 0) {
      event.outcome = JobFailure{static_cast<FailureCause>(1 + pick(7)), "it broke", ""};
    }
    return event;
  }

  JobResult result() {
    JobOutput output;
    const double psnr = pick(20) == 0 ? std::numeric_limits<double>::quiet_NaN() : 10.0 + pick(20);
    output.metrics.push_back({"psnr", psnr, {psnr}});
    return JobResult(std::move(output));
  }

  /// Kills the coordinator: the database must hold exactly the live state.
  void reload() {
    const Snapshot live = core_.snapshot();
    Snapshot stored = store_.load().value();
    for (std::size_t i = 0; i < stored.runs.size(); ++i) {
      stored.runs[i].share = live.runs.at(i).share;  // not stored: it follows from the rest
    }
    REQUIRE(stored.jobs == live.jobs);
    REQUIRE(stored.members == live.members);
    REQUIRE(stored.leases == live.leases);
    REQUIRE(stored == live);
    core_ = Core::restore({}, std::move(stored), now_);
    core_.sanity_check();
    REQUIRE(core_.snapshot() == live);
    REQUIRE(store_.integrity_check().is_ok());
  }

  /// Lets every open job come to its end at one worker.
  void finish_open_jobs(const WorkerId& worker) {
    while (core_.counts().open() > 0) {
      now_ += 10 * kSecondUs;
      apply(Tick{});
      held_.clear();
      asking_ = worker;
      apply(LeaseAsked{worker, "", 64});
      for (const Held& held : std::vector<Held>(held_)) {
        apply(Reported{held.worker, held.lease, held.job, held.attempt, now_, now_, JobResult{}});
      }
    }
  }

  /// Ends the history: what is open is finished, and so are a few submissions that nothing
  /// disturbs, since a random history may cancel nearly all that it began.
  void drain() {
    apply(WorkerJoined{"last", "host", 1, "cpu", "cpu", "build", {1, 1'000 * kGigabyte, 0}});
    const WorkerId worker = workers_.back();
    for (unsigned s = 0; s < 4; ++s) {
      apply(ResumeAsked{{concat("series", s), "", ""}});
    }
    finish_open_jobs(worker);
    for (int last = 0; last < kLastSubmissions; ++last) {
      apply(submission());
      finish_open_jobs(worker);
    }
    core_.sanity_check();
    reload();
    std::set<JobNumber> done;
    for (const JobRecord& job : core_.snapshot().jobs) {
      if (job.status.state == JobState::kDone) done.insert(job.number);
      REQUIRE_FALSE(is_open(job.status.state));
    }
    REQUIRE(done == oracle_.finished());
    REQUIRE(done.size() > 40);
  }

  std::mt19937 random_;
  std::string path_;
  store::Store store_;
  Core core_;
  TimeUs now_ = 0;
  Oracle oracle_;
  std::vector<WorkerId> workers_;
  WorkerId asking_;
  std::vector<Held> held_;
};

TEST_CASE("a random history keeps every invariant and survives restarts") {
  const char* wanted = std::getenv("COX_WALK_SEED");
  const unsigned seed = wanted != nullptr ? static_cast<unsigned>(std::strtoul(wanted, nullptr, 10))
                                          : std::random_device{}();
  WARN("COX_WALK_SEED=" << seed);
  const auto directory =
      std::filesystem::temp_directory_path() / concat("cox-walk-", seed, '-', ::getpid());
  std::filesystem::create_directories(directory);
  Walk(seed, (directory / "walk.db").string()).run();
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace cox::core
