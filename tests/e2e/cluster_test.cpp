#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/e2e/study_fixture.h"

using namespace cox::test;
using Catch::Matchers::Contains;
using Json = nlohmann::json;
namespace fs = std::filesystem;

namespace {

/// A coordinator alone; tests add workers.
struct Coordinator {
  TemporaryDirectory folder;
  std::string address = "127.0.0.1:" + std::to_string(free_port());
  Running process{cox_command({"coordinator", "--db", folder / "cox.db", "--listen", address}),
                  clean()};

  Coordinator() { REQUIRE(process.wait_for_err("listens on " + address)); }

  Ended ask(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--coordinator", address});
    return run_cox(arguments);
  }

  std::unique_ptr<Running> worker(const std::string& name) const {
    return std::make_unique<Running>(
        std::vector<std::string>{program("cox-worker"), "--coordinator", address, "--name", name,
                                 "--out", folder.path(), "--device", "cpu"},
        clean());
  }
};

}  // namespace

TEST_CASE("a sweep goes through a separate coordinator and worker, and every command can see it") {
  const Coordinator coordinator;
  const auto worker = coordinator.worker("w0");
  const Ended submitted = coordinator.ask({"submit", StudyFixture::get().sweep(), "--wait"});
  INFO(submitted.all());
  REQUIRE(submitted.exit_code == 0);
  CHECK_THAT(submitted.err, Contains("3 new runs and 12 new jobs"));

  const Json status = Json::parse(coordinator.ask({"status", "--json"}).out);
  CHECK(status["format"] == "cox-status/1");
  CHECK(status["rows"][0]["series"] == "tiny");
  CHECK(status["rows"][0]["done"] == StudyFixture::kDoneJobs);
  CHECK(status["rows"][0]["expected"] == StudyFixture::kRuns);
  CHECK_THAT(coordinator.ask({"status", "--workers"}).out, Contains("w0"));

  const Json results = Json::parse(coordinator.ask({"results", "tiny", "--json"}).out);
  CHECK(results["format"] == "cox-results/1");
  CHECK(results["rows"].size() == StudyFixture::kRuns);
  CHECK(results["rows"][0]["psnr"].is_number());

  const Ended shown = coordinator.ask({"show", "tiny/adasteer"});
  CHECK_THAT(shown.out, Contains("3 of 4 done") && Contains("gen_start_frame"));
  const Ended origins = coordinator.ask({"show", "tiny/adasteer", "--origins"});
  CHECK_THAT(origins.out,
             Contains("tiny.yaml:") && Contains("(params)") && Contains("default of schemas/"));
  const Ended why = coordinator.ask({"why", "tiny/adasteer/ball_in_the_sky"});
  CHECK_THAT(why.out,
             Contains("done: ran because no job") && Contains("differs from the nearest run"));
  const Ended failed = coordinator.ask({"why", "tiny/none/broken"});
  CHECK_THAT(failed.out, Contains("failed with cause data, as the sweep expects"));
  const Ended logs = coordinator.ask({"logs", "tiny/none/broken"});
  CHECK_THAT(logs.out, Contains("attempt 1 on w0") && Contains("failed(data)"));

  // The database file answers in the same words while the coordinator runs.
  const std::vector<std::string> question = {"results", "tiny", "--format", "csv"};
  std::vector<std::string> local = question;
  local.insert(local.end(), {"--db", coordinator.folder / "cox.db"});
  CHECK(coordinator.ask(question).out == run_cox(local).out);
}

TEST_CASE("submitting again creates nothing, and a dry run predicts it") {
  const Coordinator coordinator;
  REQUIRE(coordinator.ask({"submit", StudyFixture::get().sweep()}).exit_code == 0);
  const Ended dry = coordinator.ask({"submit", StudyFixture::get().sweep(), "--dry-run"});
  CHECK_THAT(dry.err, Contains("nothing was submitted") && Contains("0 new runs and 0 new jobs"));
  const Ended again = coordinator.ask({"submit", StudyFixture::get().sweep()});
  CHECK_THAT(again.err, Contains("0 new runs and 0 new jobs; 3 runs and 12 jobs exist already"));
  CHECK_THAT(again.out, Contains("known") && Contains("tiny/adasteer"));
}

TEST_CASE("waiting jobs report why, and can be cancelled and queued again") {
  const Coordinator coordinator;
  REQUIRE(coordinator.ask({"submit", StudyFixture::get().sweep()}).exit_code == 0);
  const Ended why = coordinator.ask({"why", "none/ball_in_the_sky"});
  CHECK_THAT(why.out,
             Contains("queued: waiting for a worker") && Contains("no worker is connected"));

  const Ended cancelled = coordinator.ask({"cancel", "tiny/adasteer"});
  CHECK_THAT(cancelled.err, Contains("cancelled 4 jobs; 0 were finished or cancelled"));
  CHECK(coordinator.ask({"watch", "tiny", "--timeout", "1"}).exit_code == 5);
  const Ended retried = coordinator.ask({"retry", "tiny", "--state", "cancelled"});
  CHECK_THAT(retried.err, Contains("queued 4 jobs again"));

  REQUIRE(coordinator.ask({"cancel", "tiny"}).exit_code == 0);
  CHECK(coordinator.ask({"watch", "tiny"}).exit_code == 6);
}

TEST_CASE("jobs to change are named as jobs to look at are") {
  const Coordinator coordinator;
  REQUIRE(coordinator.ask({"submit", StudyFixture::get().sweep()}).exit_code == 0);
  const auto digest = [&](const std::string& column, const std::string& view) {
    const Ended asked = coordinator.ask(
        {"results", "--format", "csv", "--sql",
         "SELECT " + column + " FROM " + view + " WHERE run = 'adasteer' ORDER BY 1 LIMIT 1"});
    return asked.out.substr(asked.out.find('\n') + 1, 12);
  };
  const auto paused = [&](const std::string& target) {
    const Ended ended = coordinator.ask({"pause", target});
    INFO(ended.all());
    CHECK(coordinator.ask({"resume", target}).exit_code == ended.exit_code);
    return ended.err.substr(0, ended.err.find(';'));
  };
  CHECK(paused("tiny/adasteer") == "paused 4 jobs");
  CHECK(paused("adasteer") == "paused 4 jobs");
  CHECK(paused(digest("run_digest", "v_names")) == "paused 4 jobs");
  CHECK(paused("tiny/adasteer/ball_in_the_sky") == "paused 1 job");
  CHECK(paused(digest("job_digest", "v_jobs")) == "paused 1 job");
  const Ended unknown = coordinator.ask({"cancel", "tiny/adastee"});
  CHECK(unknown.exit_code == 3);
  CHECK_THAT(unknown.err, Contains("no series, run or job 'tiny/adastee'; expected SERIES,"));
}

TEST_CASE("a person changes the priority of a target's jobs") {
  const Coordinator coordinator;
  REQUIRE(coordinator.ask({"submit", StudyFixture::get().sweep()}).exit_code == 0);
  CHECK_THAT(coordinator.ask({"priority", "tiny/adasteer", "5"}).err,
             Contains("priority 5 for 4 jobs"));
  CHECK_THAT(coordinator.ask({"priority", "tiny", "2"}).err, Contains("priority 2 for 12 jobs"));
  const Ended wrong = coordinator.ask({"priority", "tiny", "1.5"});
  CHECK(wrong.exit_code == 2);
  CHECK_THAT(wrong.err, Contains("1.5"));
}

TEST_CASE("a database that is at rest can be changed and read without a coordinator") {
  Coordinator coordinator;
  const std::string database = coordinator.folder / "cox.db";
  REQUIRE(coordinator.ask({"submit", StudyFixture::get().sweep()}).exit_code == 0);
  const Ended held = run_cox({"cancel", "tiny", "--db", database});
  CHECK(held.exit_code == 2);
  CHECK_THAT(held.err, Contains(database));

  coordinator.process.send(SIGTERM);
  REQUIRE(coordinator.process.wait().exit_code == 0);
  const Ended cancelled = run_cox({"cancel", "tiny/none", "--db", database});
  INFO(cancelled.all());
  CHECK_THAT(cancelled.err, Contains("cancelled 4 jobs"));
  const Ended retried = run_cox({"retry", "tiny", "--state", "cancelled", "--db", database});
  CHECK_THAT(retried.err, Contains("queued 4 jobs again") && Contains("next 'cox run'"));
  CHECK_THAT(run_cox({"status", "tiny", "--db", database}).out, Contains("adasteer"));
}

TEST_CASE("paused jobs wait until they are resumed, and their logs can be followed to the end") {
  const Coordinator coordinator;
  REQUIRE(coordinator.ask({"submit", StudyFixture::get().sweep()}).exit_code == 0);
  const Ended paused = coordinator.ask({"pause", "tiny/adasteer"});
  CHECK_THAT(paused.err, Contains("paused 4 jobs"));
  CHECK_THAT(coordinator.ask({"why", "tiny/adasteer/ball_in_the_sky"}).out,
             Contains("paused: paused by a person until 'cox resume'"));

  const auto worker = coordinator.worker("w0");
  CHECK(coordinator.ask({"watch", "tiny"}).exit_code == 6);  // all except the paused ones
  const Json status = Json::parse(coordinator.ask({"status", "tiny", "--json"}).out);
  CHECK(status["rows"][1]["run"] == "adasteer");
  CHECK(status["rows"][1]["paused"] == 4);
  CHECK(status["rows"][0]["done"] == StudyFixture::kReadableVideos);

  CHECK_THAT(coordinator.ask({"resume", "tiny"}).err, Contains("resumed 4 jobs"));
  const Ended logs = coordinator.ask({"logs", "tiny/adasteer", "--follow"});
  INFO(logs.all());
  CHECK(logs.exit_code == 0);
  CHECK_THAT(logs.out, Contains("tiny/adasteer/stars_at_dusk  attempt 1 on w0  done") &&
                           Contains("tiny/adasteer/broken  attempt 1 on w0  failed(data)"));
  CHECK(coordinator.ask({"logs", "tiny/adasteer", "-f", "--json"}).exit_code == 2);
}

TEST_CASE("jobs that no worker can run wait, and report what they need and the workers present") {
  const Coordinator coordinator;
  REQUIRE(
      coordinator.ask({"submit", StudyFixture::get().sweep(), "--set", "resources.gpu_memory=80GB"})
          .exit_code == 0);
  const auto worker = coordinator.worker("w0");
  for (int i = 0; i < 100; ++i) {
    if (coordinator.ask({"status", "--workers"}).out.find("w0") != std::string::npos) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  const Ended why = coordinator.ask({"why", "tiny/none/ball_in_the_sky"});
  INFO(why.all());
  CHECK_THAT(why.out, Contains("queued: needs a GPU with 74.5 GiB, workers have: w0 a cpu in a"));

  const TemporaryDirectory folder;
  const Ended run = run_cox({"run", StudyFixture::get().sweep(), "--out", folder.path(), "--set",
                             "resources.gpu_memory=80GB"});
  INFO(run.all());
  CHECK(run.exit_code == 2);
  CHECK_THAT(run.err, Contains("12 jobs of series tiny cannot run here: each needs a GPU with") &&
                          Contains("local-0 a cpu"));
  CHECK(run_cox({"run", StudyFixture::get().sweep(), "--out", folder.path()}).exit_code == 0);
}

TEST_CASE("a model that moved keeps its jobs waiting, and the sweep said again brings them there") {
  const Coordinator coordinator;
  const std::string database = coordinator.folder / "cox.db";
  const std::string model = coordinator.folder / "model";
  fs::copy(StudyFixture::get() / "model", model, fs::copy_options::recursive);
  const std::string sweep = StudyFixture::get().sweep();
  REQUIRE(coordinator.ask({"submit", sweep, "--set", "backbone.model=" + model}).exit_code == 0);
  fs::rename(model, coordinator.folder / "moved");

  const auto worker = coordinator.worker("w0");
  CHECK(worker->wait().exit_code == 78);
  CHECK(sql_number(database, "SELECT count(*) FROM v_results") == 0);
  CHECK(sql_number(database, "SELECT count(*) FROM v_jobs WHERE cause = 'user'") == 0);
  CHECK_THAT(coordinator.ask({"logs", "tiny/none"}).out,
             Contains("model directory " + model + " not found"));

  CHECK(
      coordinator.ask({"submit", sweep, "--set", "backbone.model=" + coordinator.folder / "moved"})
          .exit_code == 0);
  const auto again = coordinator.worker("w1");
  CHECK(coordinator.ask({"submit", sweep, "--wait"}).exit_code == 0);
  CHECK(sql_number(database, "SELECT count(*) FROM v_results") == StudyFixture::kDoneJobs);
}

TEST_CASE("cox run refuses at once when a model that open jobs need is not there") {
  const TemporaryDirectory folder;
  const std::string model = folder / "model";
  fs::copy(StudyFixture::get() / "model", model, fs::copy_options::recursive);
  const std::string sweep = StudyFixture::get().sweep();
  const std::vector<std::string> plain = {"run", sweep, "--out", folder / "out"};
  std::vector<std::string> command = plain;
  command.insert(command.end(), {"--set", "backbone.model=" + model});
  REQUIRE(run_cox(command).exit_code == 0);
  REQUIRE(run_cox({"retry", "tiny", "--db", folder / "out/cox.db"}).exit_code == 0);
  fs::remove_all(model);

  // Another sweep over the same database: the new sweep is valid, the stored one is not.
  std::vector<std::string> other = plain;
  other.insert(other.end(), {"--set", "series.name=other", "--set", "seed=7"});
  const Ended refused = run_cox(other);
  INFO(refused.all());
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.err, Contains("the model directory '" + model +
                                   "' cannot be opened, and 3 "
                                   "jobs in '"));
  CHECK_THAT(refused.err, Contains("Nothing was started."));
  CHECK(sql_number(folder / "out/cox.db", "SELECT count(*) FROM v_attempts WHERE series='other'") ==
        0);

  CHECK(run_cox(plain).exit_code == 0);  // the model's other place
  CHECK(run_cox(other).exit_code == 0);
}
