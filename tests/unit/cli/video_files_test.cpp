// Names of videos on disk, and what `cox gc` deletes.

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "cli/local/result_links.h"
#include "cli/local/video_gc.h"
#include "record/retention.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/report/study_database.h"

using namespace cox;
using namespace cox::cli;
namespace fs = std::filesystem;

namespace {

using Names = std::vector<std::string>;

/// A folder with the database of one series, whose videos are small files as a worker names them.
class Study {
 public:
  explicit Study(const Retention& keep = {}, int videos = 2) {
    Names ids;
    for (int v = 0; v < videos; ++v) ids.push_back(fmt::format("v{}", v));
    store::Store store = store::Store::open(database()).value();
    core::Core core;
    const auto apply = [&](core::Event event) {
      core::Effects effects = core.apply(std::move(event), kSecondUs);
      REQUIRE(store.commit(effects).is_ok());
      return effects;
    };
    core::Submitted event = test::submission("demo", {"none", "full"}, ids);
    event.baseline = "none";
    event.keep_json = retention_json(keep);
    apply(event);
    apply(test::worker("w"));
    while (true) {
      const core::Effects leased = apply(core::LeaseAsked{WorkerId("w.1"), "", 1});
      const auto* grant = leased.answer<core::LeaseGrant>();
      if (grant == nullptr) break;
      const core::GrantedJob& job = grant->jobs[0];
      JobOutput made = test::result(job.definition == "bytes of full" ? 21 : 20);
      made.generated_path = fmt::format("{}/{}/{}-{}.mkv", out(), job.run_digest.substr(0, 12),
                                        grant->video.id, job.digest.hex().substr(0, 12));
      made.reference_path = fmt::format("{}/reference/{}.mkv", out(), grant->video.id);
      write(made.generated_path);
      write(made.reference_path);
      apply(core::Reported{WorkerId("w.1"), grant->lease, job.digest, job.attempt, 5, 6,
                           test::reported(made)});
    }
  }

  const std::string& out() const { return folder_.path(); }
  std::string database() const { return folder_ / "cox.db"; }

  static void write(const std::string& path) {
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path) << "a video";
  }

  report::Query query() const {
    return report::Query(
        [path = database()](const std::string& sql) {
          return store::ReadOnlyDatabase::open(path)->query_table(sql);
        },
        "test");
  }

  Result<GcPlan> plan(GcOptions options = {}) const {
    if (options.output_directory.empty()) options.output_directory = out();
    const store::Store store = store::Store::open(database()).value();
    return plan_gc(store.video_files().value(), report::kept_videos(query()).value(), options);
  }

  Status collect(const GcOptions& options = {}) const {
    const GcPlan planned = plan(options).value();
    store::Store store = store::Store::open(database()).value();
    return run_gc(store, planned, out());
  }

  /// Paths of regular *.mkv files.
  std::size_t files() const {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(out())) {
      count += !entry.is_symlink() && entry.path().extension() == ".mkv" ? 1 : 0;
    }
    return count;
  }
  /// Results that name a generated video.
  std::int64_t named() const {
    return std::get<std::int64_t>(
        query()("SELECT count(*) FROM v_results WHERE generated_path <> ''").value().rows[0][0]);
  }

 private:
  test::TemporaryDirectory folder_;
};

}  // namespace

TEST_CASE("a video has the names of its series, run and item") {
  const Study study;
  const LinkReport report = link_results(study.query(), "demo", study.out()).value();
  CHECK(report.links == 4);
  const fs::path link = fs::path(study.out()) / "demo" / "full" / "v1.mkv";
  REQUIRE(fs::is_symlink(link));
  CHECK(fs::is_regular_file(link));
  CHECK(fs::read_symlink(link).is_relative());
  CHECK(link_results(study.query(), "demo", study.out())->links == 4);
  fs::rename(study.out() + "/demo", study.out() + "/moved");
  CHECK(fs::exists(study.out() + "/moved/full/v1.mkv"));
  CHECK(link_results(study.query(), "nothing", study.out()).status().code() ==
        StatusCode::kNotFound);
}

TEST_CASE("links that nothing requires are deleted, and only links") {
  const Study study;
  REQUIRE(link_results(study.query(), "demo", study.out()).is_ok());
  const fs::path series = fs::path(study.out()) / "demo";
  fs::create_directories(series / "old");
  fs::create_symlink("/nowhere.mkv", series / "old" / "v9.mkv");
  fs::create_symlink("notes.txt", series / "mine");
  Study::write((series / "full" / "own.mkv").string());
  CHECK(link_results(study.query(), "demo", study.out())->removed == 1);
  CHECK_FALSE(fs::exists(series / "old"));
  CHECK(fs::exists(series / "full" / "own.mkv"));
  CHECK(fs::is_symlink(series / "mine"));
  fs::remove(series / "none" / "v0.mkv");
  Study::write((series / "none" / "v0.mkv").string());
  const Status in_the_way = link_results(study.query(), "demo", study.out()).status();
  CHECK(in_the_way.code() == StatusCode::kFailedPrecondition);
  CHECK_THAT(in_the_way.message(), Catch::Contains("blocks a link"));
}

TEST_CASE("gc deletes what no series keeps, and never a reference or a kept video") {
  const Study all;
  CHECK(all.plan()->videos.empty());
  const Study none({.kind = Retention::Kind::kNone});
  CHECK(none.plan()->videos.size() == 4);
  CHECK(none.files() == 6);  // a plan deletes nothing
  REQUIRE(none.collect().is_ok());
  CHECK(none.files() == 2);
  CHECK(none.named() == 0);
  CHECK(none.plan()->videos.empty());
  const Study items({.kind = Retention::Kind::kItems, .items = {"v1"}});
  REQUIRE(items.collect().is_ok());
  CHECK(items.files() == 4);
  CHECK(items.named() == 2);
  CHECK(store::Store::open(items.database())->integrity_check().is_ok());
}

TEST_CASE("gc leaves files outside of the folder, of other kinds, and unknown ones") {
  const Study study({.kind = Retention::Kind::kNone});
  const std::string orphan = study.out() + "/0123456789ab/lost-0123456789ab.mkv";
  const std::string other = study.out() + "/mine/film.mkv";
  Study::write(orphan);
  Study::write(other);
  REQUIRE(study.collect().is_ok());
  CHECK(fs::exists(orphan));
  REQUIRE(study.collect({.output_directory = study.out(), .orphans = true}).is_ok());
  CHECK_FALSE(fs::exists(orphan));
  CHECK(fs::exists(other));
  CHECK(study.files() == 3);  // two references are named
  const Study elsewhere({.kind = Retention::Kind::kNone});
  const test::TemporaryDirectory empty;
  const GcPlan outside = elsewhere.plan({.output_directory = empty.path()}).value();
  CHECK(outside.videos.empty());
  CHECK(outside.forget.empty());
  CHECK_THAT(outside.notes.at(0), Catch::StartsWith("4 videos outside"));
}

TEST_CASE("orphans are not collected while a result is on its way") {
  const Study study;
  Study::write(study.out() + "/spool/local-0/000001-abc");
  const Status refused = study.plan({.orphans = true}).status();
  CHECK(refused.code() == StatusCode::kFailedPrecondition);
  CHECK_THAT(refused.message(), Catch::Contains("not delivered yet"));
  CHECK(study.plan().is_ok());
}

TEST_CASE("gc that is killed at any moment is completed by the next, and loses nothing kept") {
  const Study study({.kind = Retention::Kind::kItems, .items = {"v0"}}, 60);
  for (int i = 0; i < 8; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      static_cast<void>(study.collect());
      ::_exit(0);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(500 + 700 * i));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const store::Store store = store::Store::open(study.database()).value();
    CHECK(store.integrity_check().is_ok());
    const std::vector<store::VideoFiles> files = store.video_files().value();
    CHECK(files.size() == 120);
    for (const store::VideoFiles& file : files) {
      if (file.generated.find("/v0-") != std::string::npos) CHECK(fs::exists(file.generated));
    }
  }
  REQUIRE(study.collect().is_ok());
  CHECK(study.files() == 62);  // 60 references and v0 of two runs
  CHECK(study.named() == 2);
}
