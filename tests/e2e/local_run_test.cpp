#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>

#include "tests/e2e/study_fixture.h"

using namespace cox::test;
using Catch::Matchers::Contains;

namespace {

Ended run_sweep(const std::string& out, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments = {"run", StudyFixture::get().sweep(), "--out", out};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_cox(arguments);
}

}  // namespace

TEST_CASE("cox run turns a sweep file into a table, a database and videos") {
  const TemporaryDirectory folder;
  const std::string database = folder / "cox.db";
  const Ended ended = run_sweep(folder.path());
  INFO(ended.all());
  REQUIRE(ended.exit_code == 0);  // the broken clip was expected to fail

  CHECK_THAT(ended.out, Contains("psnr") && Contains("adasteer") && Contains("generate_s"));
  CHECK_THAT(ended.err, Contains("failed as expected (data)") && Contains("broken"));
  CHECK(ended.out.find('\x1b') == std::string::npos);
  CHECK(ended.err.find('\x1b') == std::string::npos);
  CHECK(sql_number(database, "SELECT count(*) FROM v_results") == StudyFixture::kDoneJobs);
  CHECK(sql_number(database, "SELECT count(*) FROM v_failures WHERE expected AND cause = 'data'") ==
        StudyFixture::kRuns);

  const std::string log = file_text(folder / "logs/local-0.log");
  CHECK_THAT(log, Contains("joined") && Contains("leased") && Contains("outcome=done seconds=") &&
                      Contains("outcome=failed(data)") && Contains(" left "));

  const std::string paths = sql(database, "SELECT generated_path FROM v_results");
  std::istringstream lines(paths);
  for (std::string path; std::getline(lines, path);) {
    INFO(path);
    CHECK(std::filesystem::file_size(path) > 0);
  }
}

TEST_CASE("the row of a result holds all that is needed to judge it") {
  const TemporaryDirectory folder;
  REQUIRE(run_sweep(folder.path()).exit_code == 0);
  const std::string complete =
      sql(folder / "cox.db",
          "SELECT count(*) FROM v_results WHERE psnr > 0 AND ssim IS NOT NULL"
          " AND json_array_length(per_frame, '$.psnr') = 4 AND scored_frames = 4 AND decode_s > 0"
          " AND generate_s > 0 AND total_s > 0 AND threads = 1 AND kernels = 'stock' AND seed = 42"
          " AND attempt >= 1 AND worker <> ''"
          " AND machine <> '' AND device <> '' AND dtype = 'fp32' AND engine_build <> ''"
          " AND length(model_digest) = 64 AND length(video_digest) = 64"
          " AND length(reference_digest) = 64");
  CHECK(std::stoi(complete) == StudyFixture::kDoneJobs);
  CHECK(sql_number(folder / "cox.db",
                   "SELECT count(*) FROM (SELECT 1 FROM v_results GROUP BY video"
                   " HAVING count(DISTINCT reference_digest) = 1 AND count(*) > 1)") ==
        sql_number(folder / "cox.db", "SELECT count(DISTINCT reference_digest) FROM v_results"));
}

TEST_CASE("repeating the command computes nothing and names the owner of each run") {
  const TemporaryDirectory folder;
  const std::string database = folder / "cox.db";
  REQUIRE(run_sweep(folder.path()).exit_code == 0);
  const std::string before = sql(database, "SELECT job_digest, attempt, time_us FROM v_results");
  const long attempts = sql_number(database, "SELECT count(*) FROM v_attempts");

  const Ended again = run_sweep(folder.path());
  INFO(again.all());
  CHECK(again.exit_code == 0);
  CHECK_THAT(again.err, Contains("0 new runs and 0 new jobs") &&
                            Contains("'adasteer' is the run tiny/adasteer"));
  CHECK(sql(database, "SELECT job_digest, attempt, time_us FROM v_results") == before);
  CHECK(sql_number(database, "SELECT count(*) FROM v_attempts") == attempts);
}

TEST_CASE("another series with the same runs owns nothing and computes nothing") {
  const TemporaryDirectory folder;
  const std::string database = folder / "cox.db";
  REQUIRE(run_sweep(folder.path()).exit_code == 0);
  const long attempts = sql_number(database, "SELECT count(*) FROM v_attempts");
  const Ended copy = run_sweep(folder.path(), {"--set", "series.name=copy"});
  INFO(copy.all());
  CHECK(copy.exit_code == 0);
  CHECK_THAT(copy.err, Contains("'full' is the run tiny/full"));
  CHECK(sql_number(database, "SELECT count(*) FROM v_attempts") == attempts);
  CHECK(sql_number(database, "SELECT count(*) FROM v_results WHERE series = 'copy'") ==
        StudyFixture::kDoneJobs);
}

TEST_CASE("one worker and three give bit-equal results") {
  const TemporaryDirectory one;
  const TemporaryDirectory three;
  REQUIRE(run_sweep(one.path(), {"--workers", "1"}).exit_code == 0);
  REQUIRE(run_sweep(three.path(), {"--workers", "3"}).exit_code == 0);
  CHECK(sql_number(three / "cox.db", "SELECT count(DISTINCT worker) FROM v_results") > 1);
  CHECK(result_dump(one / "cox.db") == result_dump(three / "cox.db"));
}

TEST_CASE("an unexpected failure sets exit code 1 and prints how to continue") {
  const TemporaryDirectory folder;
  const std::string sweep = StudyFixture::get() / "surprised.yaml";
  std::string text = StudyFixture::get().sweep_text();
  text.replace(text.find("clips.json"), 10, "lying.json");
  text.replace(text.find(", broken]"), 9, "]");
  text.replace(text.find("  expected_failures: [broken]\n"), 30, "");
  // The clip is valid in the manifest; the file was damaged after it was indexed.
  const std::string clip = folder / "wheel_on_sand.mp4";
  std::filesystem::copy_file(StudyFixture::get() / "clips/wheel_on_sand.mp4", clip);
  std::string manifest = file_text(StudyFixture::get() / "clips.json");
  const std::string old_path = "clips/wheel_on_sand.mp4";
  manifest.replace(manifest.find(old_path), old_path.size(), clip);
  write_text(StudyFixture::get() / "lying.json", manifest);
  write_text(sweep, text);
  std::filesystem::resize_file(clip, 3000);

  const Ended ended = run_cox({"run", sweep, "--out", folder.path()});
  INFO(ended.all());
  CHECK(ended.exit_code == 1);
  CHECK_THAT(ended.err, Contains("failed (data)") && Contains("cox retry tiny --db"));
  CHECK(sql_number(folder / "cox.db", "SELECT count(*) FROM v_results") ==
        StudyFixture::kRuns * (StudyFixture::kReadableVideos - 1));
}

TEST_CASE(
    "Ctrl-C finishes the running jobs and prints how to resume, and the same command resumes") {
  const TemporaryDirectory folder;
  const std::vector<std::string> command =
      cox_command({"run", StudyFixture::get().sweep(), "--out", folder.path()});
  Running running(command, clean());
  REQUIRE(running.wait_for_err(" of 12 jobs"));
  running.send(SIGINT);
  const Ended stopped = running.wait();
  INFO(stopped.all());
  REQUIRE(stopped.exit_code == 130);
  CHECK_THAT(stopped.err, Contains("stopped; resume with: ") && Contains("cox run"));
  CHECK(processes_with(folder.path()).empty());
  const std::string done = sql(folder / "cox.db", "SELECT job_digest, attempt FROM v_results");

  REQUIRE(run(command, clean()).exit_code == 0);
  const std::string all = sql(folder / "cox.db", "SELECT job_digest, attempt FROM v_results");
  std::istringstream lines(done);
  for (std::string line; std::getline(lines, line);) CHECK_THAT(all, Contains(line));
  CHECK(sql_number(folder / "cox.db", "SELECT count(*) FROM v_results") == StudyFixture::kDoneJobs);
}

TEST_CASE("a second Ctrl-C stops immediately and loses no reported result") {
  const TemporaryDirectory folder;
  Running running(cox_command({"run", StudyFixture::get().sweep(), "--out", folder.path()}),
                  clean());
  REQUIRE(running.wait_for_err(" of 12 jobs"));
  running.send(SIGTERM);
  REQUIRE(running.wait_for_err("press Ctrl-C again to stop immediately"));
  running.send(SIGTERM);
  const Ended stopped = running.wait();
  INFO(stopped.all());
  CHECK(stopped.exit_code == 143);
  CHECK(processes_with(folder.path()).empty());
  CHECK(run_sweep(folder.path()).exit_code == 0);
}

TEST_CASE(
    "a sweep can take the best run's values of a finished series, and only of a finished one") {
  const TemporaryDirectory folder;
  const std::string sweep = StudyFixture::get() / "follow_up.yaml";
  std::string text = StudyFixture::get().sweep_text();
  text.replace(text.find("name: tiny"), 10, "name: next");
  text.replace(text.find("  inference_steps: 2\n"), 21, "");
  write_text(sweep, text + "from_best: {series: tiny, metric: psnr, take: [inference_steps]}\n");
  const std::vector<std::string> command = {"run", sweep, "--out", folder.path()};

  const Ended early = run_cox(command);
  INFO(early.all());
  CHECK(early.exit_code == 2);
  CHECK_THAT(early.err, Contains("follow_up.yaml:") && Contains("from_best: "));
  REQUIRE(run_sweep(folder.path()).exit_code == 0);

  const Ended plan = run_cox({"plan", sweep, "--json", "--db", folder / "cox.db"});
  INFO(plan.all());
  CHECK_THAT(plan.out, Contains("\"file\": \"from_best tiny/") && Contains(" by psnr"));
  const Ended ended = run_cox(command);  // with equal values the runs are known: nothing to compute
  INFO(ended.all());
  CHECK(ended.exit_code == 0);
  CHECK_THAT(ended.err, Contains("0 new runs and 0 new jobs"));
  const Ended page = run_cox({"report", sweep, "--db", folder / "cox.db"});
  INFO(page.all());
  CHECK(page.exit_code == 0);
  CHECK_THAT(page.out, Contains("Series `next`"));
}
