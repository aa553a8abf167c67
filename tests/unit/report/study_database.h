#pragma once

#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "coordinator/report/data/run_data.h"
#include "coordinator/store/store.h"
#include "tests/support/queue_fixture.h"
#include "tests/unit/store/scratch.h"

namespace cox::test {

/// A run as a sweep would submit it.
struct StudyRun {
  std::string name;
  std::string method;
  std::string parameters;          ///< JSON, replicate and seed included
  std::string lpips_weights = "";  ///< their digest
  std::string origins = "";        ///< JSON, where its values came from
};

/// A small results database, filled through the queue and the store as a study fills it.
class StudyDatabase {
 public:
  using Outcome = std::variant<JobOutput, JobFailure>;
  /// The outcome of a run on a video.
  using Fate = std::function<Outcome(const std::string& run, const std::string& video)>;

  StudyDatabase() : store_(store::Store::open(scratch_.file("study.db")).value()) {
    apply(worker("w"));
  }

  void submit(const std::string& series, const std::vector<StudyRun>& runs,
              const std::vector<std::string>& videos, const std::string& expected_failure = "",
              const std::string& dataset = "clips", const std::string& other_file = "") {
    std::vector<std::string> names;
    for (const StudyRun& run : runs) names.push_back(series + "/" + run.name);
    core::Submitted event = submission(series, names, videos);
    event.dataset = dataset;
    event.dataset_digest = sha256_of(dataset + event.dataset_digest);
    for (std::size_t i = 0; i < runs.size(); ++i) {
      event.runs[i].name = runs[i].name;
      event.runs[i].method = runs[i].method;
      event.runs[i].parameters_json = runs[i].parameters;
      event.runs[i].origins_json = runs[i].origins;
      if (!runs[i].lpips_weights.empty()) {
        event.runs[i].metric_weights["lpips"] = runs[i].lpips_weights;
      }
      names_[event.runs[i].digest] = runs[i].name;
    }
    for (auto& video : event.videos) {
      video.failure_expected = video.id == expected_failure;
      if (video.id == other_file) video.digest = sha256_of("another file of " + video.id);
    }
    apply(event);
  }

  /// Runs queued jobs until none is left, or `most` are done.
  void run(const Fate& fate, int most = 1'000'000) {
    for (; most > 0; --most) {
      const core::Effects leased = apply(core::LeaseAsked{WorkerId("w.1"), "", 1});
      const auto* grant = leased.answer<core::LeaseGrant>();
      if (grant == nullptr) return;
      const core::GrantedJob& job = grant->jobs[0];
      apply(core::Reported{WorkerId("w.1"), grant->lease, job.digest, job.attempt, 5, 6,
                           reported(fate(names_.at(job.run_digest), grant->video.id))});
    }
  }

  store::Store& store() { return store_; }

  /// Jobs without a result or failure.
  std::int64_t open() const {
    const auto table =
        query()("SELECT count(*) FROM v_jobs WHERE state NOT IN ('done', 'failed')").value();
    return std::get<std::int64_t>(table.rows[0][0]);
  }

  report::Query query() const {
    return report::Query(
        [this](const std::string& sql) {
          const auto database = store::ReadOnlyDatabase::open(path());
          return database.is_ok() ? database->query_table(sql)
                                  : Result<store::Table>(database.status());
        },
        "database 'study.db'");
  }
  std::string path() const { return scratch_.file("study.db"); }

  core::Effects apply(core::Event event) {
    core::Effects effects = core_.apply(std::move(event), ++now_ * kSecondUs);
    COX_CHECK(store_.commit(effects).is_ok(), "a commit of a test");
    return effects;
  }

 private:
  Scratch scratch_;
  store::Store store_;
  core::Core core_;
  std::map<std::string, std::string> names_;
  TimeUs now_ = 0;
};

/// A result with this PSNR and SSIM.
inline JobOutput scored(double psnr, double ssim) {
  JobOutput made = result(psnr);
  made.metrics = {{"psnr", psnr, {psnr}}, {"ssim", ssim, {ssim}}};
  return made;
}

}  // namespace cox::test
