#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/e2e/study_fixture.h"

// Disks that fill up, really: a small file system is mounted where the program under test writes,
// in a mount namespace of its own, so that no privilege is needed and nothing is left behind.

using namespace cox::test;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

/// `cox ARGUMENTS...` with a disk of `kilobytes` on `folder`, whose content is kept in `kept`.
Ended run_on_small_disk(const std::string& folder, int kilobytes, const std::string& kept,
                        const std::vector<std::string>& arguments) {
  fs::create_directories(folder);
  std::vector<std::string> command = {"unshare",
                                      "--user",
                                      "--map-root-user",
                                      "--mount",
                                      "sh",
                                      "-c",
                                      "mount -t tmpfs -o size=\"$1\"k none \"$2\" || exit 99\n"
                                      "folder=$2 kept=$3; shift 3; \"$@\"; status=$?\n"
                                      "cp -r \"$folder\" \"$kept\"; exit $status",
                                      "sh",
                                      std::to_string(kilobytes),
                                      folder,
                                      kept};
  for (const std::string& word : cox_command(arguments)) command.push_back(word);
  const Ended ended = run(command, clean());
  REQUIRE(ended.exit_code != 99);  // no mount: user namespaces are switched off on this machine
  return ended;
}

/// The tiny sweep on one readable clip: three jobs.
std::string one_clip_sweep() {
  std::string text = StudyFixture::get().sweep_text();
  const std::string all = "ball_in_the_sky, wheel_on_sand, stars_at_dusk, broken]";
  text.replace(text.find(all), all.size(), "ball_in_the_sky]");
  text.replace(text.find("  expected_failures: [broken]\n"), 30, "");
  const std::string path = StudyFixture::get() / "one_clip.yaml";
  write_text(path, text);
  return path;
}

std::string done_jobs(const std::string& database) {
  return sql(database, "SELECT job_digest, attempt, time_us FROM v_results ORDER BY time_us");
}

}  // namespace

TEST_CASE("a disk without room for videos fails the jobs with its name, and they can be retried") {
  const TemporaryDirectory folder;
  const std::string sweep = one_clip_sweep();
  const std::vector<std::string> command = {"run",         sweep,   "--out",
                                            folder.path(), "--set", "retry.crash=0"};
  const Ended full = run_on_small_disk(folder / "reference", 4, folder / "kept", command);
  INFO(full.all());
  CHECK(full.exit_code == 1);
  CHECK_THAT(full.err, Contains("cannot write") && Contains("No space left on device") &&
                           Contains("cox retry tiny"));
  const std::string database = folder / "cox.db";
  CHECK(sql_number(database, "SELECT count(*) FROM v_results") == 0);

  REQUIRE(run_cox({"retry", "tiny", "--db", database}).exit_code == 0);
  const Ended again = run_cox(command);
  INFO(again.all());
  CHECK(again.exit_code == 0);
  CHECK(sql_number(database, "SELECT count(*) FROM v_results") == StudyFixture::kRuns);
}

TEST_CASE("a disk without room for the spool costs no result") {
  const TemporaryDirectory folder;
  const Ended ended = run_on_small_disk(folder / "spool", 4, folder / "kept",
                                        {"run", one_clip_sweep(), "--out", folder.path()});
  INFO(ended.all());
  CHECK(ended.exit_code == 0);
  CHECK_THAT(ended.err, Contains("worker local-0 ended with exit code 1") && Contains(".log"));
  CHECK_THAT(file_text(folder / "logs/local-0.log"),
             Contains("cannot spool a result") && Contains("No space left on device"));
  const std::string database = folder / "cox.db";
  CHECK(sql_number(database, "SELECT count(*) FROM v_results") == StudyFixture::kRuns);
  CHECK(sql_number(database,
                   "SELECT count(*) FROM v_attempts WHERE outcome IN ('lost', 'failed')") == 0);
}

TEST_CASE(
    "a disk without room for the database stops the run; what was saved and spooled is kept") {
  const TemporaryDirectory folder;
  const std::string sweep = StudyFixture::get().sweep();
  const std::string kept = folder / "kept";
  const Ended full =
      run_on_small_disk(folder / "db", 1000, kept,
                        {"run", sweep, "--out", folder / "out", "--db", folder / "db/cox.db"});
  INFO(full.all());
  CHECK(full.exit_code == 1);
  CHECK_THAT(full.err, Contains("cannot write its database") && Contains("free space") &&
                           Contains("then resume with: "));
  CHECK(processes_with(folder.path()).empty());
  const std::string database = kept + "/cox.db";
  const std::string before = done_jobs(database);
  CHECK_FALSE(before.empty());

  const Ended again = run_cox({"run", sweep, "--out", folder / "out", "--db", database});
  INFO(again.all());
  CHECK(again.exit_code == 0);
  const std::string after = done_jobs(database);
  CHECK(after.substr(0, before.size()) == before);
  CHECK(sql_number(database, "SELECT count(*) FROM v_results") == StudyFixture::kDoneJobs);
}

TEST_CASE(
    "a file size limit at a commit stops the run as a full disk does; what was saved is kept") {
  const TemporaryDirectory folder;
  const std::string sweep = StudyFixture::get().sweep();
  const std::vector<std::string> command = {
      "run", sweep, "--out", folder / "out", "--db", folder / "db/cox.db", "--workers", "1"};
  std::vector<std::string> limited = {"bash", "-c", "ulimit -f 700; exec \"$@\"", "bash"};
  for (const std::string& word : cox_command(command)) limited.push_back(word);
  const Ended full = run(limited, clean());
  INFO(full.all());
  CHECK(full.exit_code == 1);
  CHECK_THAT(full.err, Contains("cannot write its database") && Contains("(ulimit -f)") &&
                           Contains("free space") && Contains("then resume with: "));
  CHECK(processes_with(folder.path()).empty());
  const std::string database = folder / "db/cox.db";
  const std::string before = done_jobs(database);

  const Ended again = run_cox(command);
  INFO(again.all());
  CHECK(again.exit_code == 0);
  CHECK(done_jobs(database).substr(0, before.size()) == before);
  CHECK(sql_number(database, "SELECT count(*) FROM v_results") == StudyFixture::kDoneJobs);
}
