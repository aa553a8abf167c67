#include "coordinator/report/data/kept_videos.h"

#include <catch2/catch.hpp>

#include "tests/unit/report/study_database.h"

namespace cox::report {
namespace {

/// Four runs of two clips: c is best, then b, then a; none is the baseline.
void make_study(test::StudyDatabase& study, const Retention& keep, int most = 1'000) {
  core::Submitted event = test::submission("s", {"none", "a", "b", "c"}, {"v1", "v2"});
  event.baseline = "none";
  event.keep_json = retention_json(keep);
  study.apply(event);
  for (int i = 0; i < most; ++i) {
    const core::Effects leased = study.apply(core::LeaseAsked{WorkerId("w.1"), "", 1});
    const auto* grant = leased.answer<core::LeaseGrant>();
    if (grant == nullptr) return;
    const core::GrantedJob& job = grant->jobs[0];
    const double psnr = job.definition == "bytes of c"   ? 23
                        : job.definition == "bytes of b" ? 22
                        : job.definition == "bytes of a" ? 21
                                                         : 20;
    study.apply(core::Reported{WorkerId("w.1"), grant->lease, job.digest, job.attempt, 5, 6,
                               test::reported(test::scored(psnr, 0.5))});
  }
}

std::vector<std::string> kept(const test::StudyDatabase& study) {
  const KeptVideos found = kept_videos(study.query()).value();
  std::vector<std::string> names;
  const Table table =
      study
          .query()(
              "SELECT DISTINCT run || '/' || video AS name, job_digest FROM v_results ORDER BY 1")
          .value();
  for (const Row& row : table.rows) {
    if (found.jobs.contains(std::get<std::string>(row[1]))) {
      names.push_back(std::get<std::string>(row[0]));
    }
  }
  return names;
}

using Names = std::vector<std::string>;

TEST_CASE("a series keeps all, none, its best runs with the baseline, or items") {
  using Kind = Retention::Kind;
  const std::vector<std::pair<Retention, Names>> cases = {
      {{}, {"a/v1", "a/v2", "b/v1", "b/v2", "c/v1", "c/v2", "none/v1", "none/v2"}},
      {{.kind = Kind::kNone}, {}},
      {{.kind = Kind::kBest, .runs = 1}, {"c/v1", "c/v2", "none/v1", "none/v2"}},
      {{.kind = Kind::kBest, .runs = 2}, {"b/v1", "b/v2", "c/v1", "c/v2", "none/v1", "none/v2"}},
      {{.kind = Kind::kItems, .items = {"v2"}}, {"a/v2", "b/v2", "c/v2", "none/v2"}},
  };
  for (const auto& [keep, names] : cases) {
    INFO(retention_json(keep));
    test::StudyDatabase study;
    make_study(study, keep);
    CHECK(kept(study) == names);
    CHECK(retention_of(retention_json(keep)).value() == keep);
  }
}

TEST_CASE("equal means stay together") {
  test::StudyDatabase study;
  make_study(study, {.kind = Retention::Kind::kBest, .runs = 1, .metric = "ssim"});
  CHECK(kept(study).size() == 8);
}

TEST_CASE("the best runs are not chosen before all jobs have ended") {
  test::StudyDatabase study;
  make_study(study, {.kind = Retention::Kind::kBest, .runs = 1}, 5);
  CHECK(kept(study).size() == 5);
  const KeptVideos found = kept_videos(study.query()).value();
  REQUIRE(found.notes.size() == 1);
  CHECK(found.notes[0] == "series s keeps all its videos for now: 3 jobs left to do");
}

TEST_CASE("a video that one of two series keeps is kept") {
  test::StudyDatabase study;
  make_study(study, {.kind = Retention::Kind::kNone});
  core::Submitted other = test::submission("t", {"b"}, {"v1", "v2"});
  other.keep_json = retention_json({.kind = Retention::Kind::kItems, .items = {"v1"}});
  study.apply(other);
  CHECK(kept(study) == Names{"b/v1"});
}

TEST_CASE("a retention that this program did not write is an error") {
  for (const std::string text :
       {"", "[]", "{}", R"({"kind":"some"})", R"({"kind":"best"})",
        R"({"kind":"best","runs":0,"metric":"psnr"})", R"({"kind":"items","items":[1]})"}) {
    INFO(text);
    CHECK(retention_of(text).status().code() == StatusCode::kInternal);
  }
}

}  // namespace
}  // namespace cox::report
