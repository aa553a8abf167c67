#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "tests/e2e/study_fixture.h"

using namespace cox::test;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

/// Refused with exit code 2 and these words on standard error.
void check_refused(const Ended& ended, const std::vector<std::string>& said) {
  INFO(ended.all());
  CHECK(ended.exit_code == 2);
  for (const std::string& text : said) CHECK_THAT(ended.err, Contains(text));
}

/// No coordinator answers it.
Ended run_worker_alone(std::vector<std::string> arguments, Surroundings surroundings = {}) {
  arguments.insert(arguments.begin(), {program("cox-worker"), "--device", "cpu", "--max-away", "1",
                                       "--coordinator", "127.0.0.1:1"});
  return run(arguments, clean(std::move(surroundings)));
}

/// Another series than the tiny sweep, with runs of its own.
std::string other_sweep() {
  std::string text = StudyFixture::get().sweep_text();
  const std::pair<std::string, std::string> changes[] = {
      {"name: tiny", "name: other"}, {"inference_steps: 2", "inference_steps: 3"}};
  for (const auto& [former, now] : changes) {
    const size_t at = text.find(former);
    REQUIRE(at != std::string::npos);
    text.replace(at, former.size(), now);
  }
  const std::string path = StudyFixture::get() / "other.yaml";
  write_text(path, text);
  return path;
}

}  // namespace

TEST_CASE("a coordinator that cannot listen leaves no database behind") {
  const TemporaryDirectory folder;
  const std::string address = "127.0.0.1:" + std::to_string(free_port());
  Running first(cox_command({"coordinator", "--db", folder / "a.db", "--listen", address}),
                clean());
  REQUIRE(first.wait_for_err("listens on"));
  const std::string database = folder / "new/b.db";
  for (const std::string& listen : {address, std::string("127.0.0.1:99999"),
                                    std::string("127.0.0.1"), std::string("0.0.0.0:0")}) {
    check_refused(run_cox({"coordinator", "--db", database, "--listen", listen}), {listen});
  }
  check_refused(run_cox({"coordinator", "--db", database, "--lease", "nan"}), {"--lease"});
  CHECK_FALSE(fs::exists(folder / "new"));
}

TEST_CASE("a worker reports why it cannot start, and creates nothing outside its folder") {
  const TemporaryDirectory folder;
  const std::string out = folder / "out";
  check_refused(run_worker_alone({"--out", out, "--name", "../../evil"}),
                {"../../evil", "letters"});
  check_refused(run_worker_alone({"--out", out, "--max-idle", "nan"}), {"--max-idle", "nan"});
  CHECK(fs::is_empty(folder.path()));
  check_refused(run_worker_alone({"--out", "/proc/self", "--spool", folder / "spool"}),
                {"/proc/self", "cannot be written"});
  write_text(folder / "tokens", "one\ntwo\n");
  const Ended two_lines = run_worker_alone({"--out", out, "--token-file", folder / "tokens"});
  check_refused(two_lines, {"tokens", "line end"});
  CHECK_THAT(two_lines.err, !Contains("one\n") && !Contains("two"));
}

TEST_CASE("a worker does not start on a disk without room for a video") {
  const TemporaryDirectory folder;
  // A small file system in a mount namespace of its own, as in disk_full_test.cpp.
  const char* const script =
      "mount -t tmpfs -o size=8m none \"$1\" || exit 99\n"
      "shift; exec \"$@\"";
  const Ended ended =
      run({"unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh",
           folder.path(), program("cox-worker"), "--device", "cpu", "--max-away", "1",
           "--coordinator", "127.0.0.1:1", "--out", folder.path()},
          clean());
  check_refused(ended, {"MiB left", folder.path()});
}

TEST_CASE("a token with a stray character is refused by name, not by an abort") {
  const TemporaryDirectory folder;
  for (const char* token : {"sec\rret", "sec\nret",
                            "s\xc3\xa9"
                            "cret"}) {
    const Surroundings with_token{.directory = "", .environment = {{"COX_TOKEN", token}}};
    check_refused(run_worker_alone({"--out", folder / "out"}, with_token), {"COX_TOKEN"});
    check_refused(run_cox({"status", "--coordinator", "127.0.0.1:1"}, with_token), {"COX_TOKEN"});
  }
}

TEST_CASE("a worker is called after its host and device") {
  const TemporaryDirectory folder;
  const Ended ended = run_worker_alone({"--out", folder / "out"});
  CHECK(ended.exit_code == 4);
  const auto spool = fs::directory_iterator(folder / "out/spool");
  CHECK_THAT(spool->path().filename().string(), Catch::Matchers::EndsWith(".cpu"));
}

TEST_CASE("submitted sweeps share the time of --timeout, which needs --wait") {
  const TemporaryDirectory folder;
  const std::string address = "127.0.0.1:" + std::to_string(free_port());
  Running coordinator(cox_command({"coordinator", "--db", folder / "c.db", "--listen", address}),
                      clean());
  REQUIRE(coordinator.wait_for_err("listens on"));
  const std::string first = other_sweep();
  const std::string second = StudyFixture::get().sweep();
  check_refused(run_cox({"submit", first, "--timeout", "3", "--coordinator", address}), {"--wait"});
  check_refused(run_cox({"submit", first, "--wait", "--timeout", "nan", "--coordinator", address}),
                {"--timeout"});

  Running both(
      cox_command({"submit", first, second, "--wait", "--timeout", "4", "--coordinator", address}),
      clean());
  std::this_thread::sleep_for(std::chrono::milliseconds(2'500));
  CHECK(run_cox({"cancel", "other", "--coordinator", address}).exit_code == 0);
  const Ended ended = both.wait();
  INFO(ended.all());
  CHECK(ended.exit_code == 5);
  CHECK(ended.seconds < 5.5);  // 6.5 if the second series had its own 4 s
}
