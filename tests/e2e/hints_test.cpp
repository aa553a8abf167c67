// What programs advise works when it is copied, and an address means the same to each of them.

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>

#include "tests/e2e/study_fixture.h"
#include "tests/support/certificate.h"

using namespace cox::test;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

Ended run_worker(std::vector<std::string> arguments, Surroundings surroundings = {}) {
  arguments.insert(arguments.begin(),
                   {program("cox-worker"), "--device", "cpu", "--max-away", "1"});
  return run(arguments, clean(std::move(surroundings)));
}

void check_ended(const Ended& ended, int exit_code, const std::vector<std::string>& said,
                 const std::vector<std::string>& unsaid = {}) {
  INFO(ended.all());
  CHECK(ended.exit_code == exit_code);
  for (const std::string& text : said) CHECK_THAT(ended.err, Contains(text));
  for (const std::string& text : unsaid) CHECK_THAT(ended.err, !Contains(text));
}

/// What follows `text` in its line.
std::string after(const std::string& all, const std::string& text) {
  const std::size_t at = all.find(text);
  REQUIRE(at != std::string::npos);
  const std::size_t begin = at + text.size();
  return all.substr(begin, all.find('\n', begin) - begin);
}

}  // namespace

TEST_CASE("every program rejects an invalid address and suggests the intended one") {
  const TemporaryDirectory folder;
  for (const auto& [address, meant] :
       {std::pair<std::string, std::string>{"127.0.0.1:99999", "65535"},
        {"127.0.0.1", "did you mean 127.0.0.1:7420?"},
        {"7450", "did you mean 127.0.0.1:7450?"}}) {
    INFO(address);
    check_ended(run_cox({"status", "--coordinator", address}), 2, {"'" + address + "'", meant});
    check_ended(run_cox({"watch", "--coordinator", address}), 2, {"'" + address + "'", meant});
    check_ended(run_cox({"coordinator", "--db", folder / "a.db", "--listen", address}), 2,
                {"'" + address + "'", meant});
    check_ended(run_worker({"--out", folder / "out", "--coordinator", address}), 2,
                {"'" + address + "'", meant});
  }
  CHECK_FALSE(fs::exists(folder / "a.db"));
}

TEST_CASE("a worker reads its coordinator from the same variables as cox") {
  const TemporaryDirectory folder;
  const std::string address = "127.0.0.1:" + std::to_string(free_port());
  check_ended(run_worker({"--out", folder / "out"},
                         {.directory = "", .environment = {{"COX_COORDINATOR", address}}}),
              4, {address});
  check_ended(run_worker({"--out", folder / "out"},
                         {.directory = "", .environment = {{"COX_CA_FILE", folder / "none.pem"}}}),
              2, {"none.pem"});
}

TEST_CASE("a command without --db does not advise it, and the advice starts a coordinator") {
  const TemporaryDirectory folder;
  const std::string address = "127.0.0.1:" + std::to_string(free_port());
  const Ended watch = run_cox({"watch", "--coordinator", address});
  check_ended(watch, 4, {"cox coordinator --db", "--ca-file"}, {"a database with --db"});
  check_ended(run_cox({"status", "--coordinator", address}), 4, {"a database with --db FILE"});

  std::string advice = after(watch.err, "start one with 'cox ");
  advice = advice.substr(0, advice.find('\''));
  Running coordinator({"bash", "-c", "exec " + program("cox") + " " + advice},
                      clean({.directory = folder.path(), .environment = {}}));
  CHECK(coordinator.wait_for_err("listens on " + address));
}

TEST_CASE("the worker command of a coordinator with TLS and tokens works when it is copied") {
  const TemporaryDirectory folder;
  write_certificate(folder / "server.pem", folder / "server.key");
  write_text(folder / "tokens", "read reader-0123456789abcdef\nwork worker-0123456789abcdef\n");
  fs::permissions(folder / "tokens", fs::perms::owner_read | fs::perms::owner_write);
  fs::permissions(folder / "server.key", fs::perms::owner_read | fs::perms::owner_write);
  const std::string address = "127.0.0.1:" + std::to_string(free_port());
  Running coordinator(
      cox_command({"coordinator", "--db", "a.db", "--listen", address, "--tls-cert", "server.pem",
                   "--tls-key", "server.key", "--token-file", "tokens"}),
      clean({.directory = folder.path(), .environment = {}}));
  REQUIRE(coordinator.wait_for_err("start workers with: "));
  const std::string hint = after(coordinator.err(), "start workers with: ");
  const std::size_t at = hint.find("cox-worker");
  REQUIRE(at != std::string::npos);
  Running worker({"bash", "-c",
                  hint.substr(0, at) + program("cox-worker") + hint.substr(at + 10) +
                      " --device cpu --out out --max-away 5"},
                 clean({.directory = folder.path(), .environment = {}}));
  CHECK(worker.wait_for_err("joined"));
  worker.send(SIGTERM);

  // The error for a client without TLS names the option to add.
  check_ended(run_cox({"status", "--coordinator", address}), 4, {"--ca-file"});
  check_ended(run_cox({"status", "--coordinator", address, "--ca-file", folder / "server.pem"}), 2,
              {"COX_TOKEN"}, {"--token-file"});
}

TEST_CASE("who is refused a database reads where its coordinator listens") {
  const TemporaryDirectory folder;
  const std::string address = "127.0.0.1:" + std::to_string(free_port());
  Running first(cox_command({"coordinator", "--db", folder / "a.db", "--listen", address}),
                clean());
  REQUIRE(first.wait_for_err("start workers with"));
  check_ended(run_cox({"coordinator", "--db", folder / "a.db", "--listen", "127.0.0.1:0"}), 2,
              {"process " + std::to_string(first.pid()), address});
  check_ended(run_cox({"pause", "x", "--db", folder / "a.db"}), 2, {address});
}

TEST_CASE("a watcher reports that its coordinator stopped, not CANCELLED") {
  const TemporaryDirectory folder;
  const std::string address = "127.0.0.1:" + std::to_string(free_port());
  Running coordinator(cox_command({"coordinator", "--db", folder / "a.db", "--listen", address}),
                      clean());
  REQUIRE(coordinator.wait_for_err("start workers with"));
  REQUIRE(run_cox({"submit", StudyFixture::get().sweep(), "--coordinator", address}).exit_code ==
          0);
  Running watch(cox_command({"watch", "--coordinator", address, "--timeout", "6"}), clean());
  REQUIRE(watch.wait_for_err("of 12 jobs"));
  coordinator.send(SIGTERM);
  const Ended ended = watch.wait();
  check_ended(ended, 5, {"the coordinator does not answer"}, {"CANCELLED", "ancelled"});
}

TEST_CASE("an empty or missing database is refused, and no command creates one") {
  const TemporaryDirectory folder;
  write_text(folder / "empty.db", "");
  for (const std::string command : {"status", "results"}) {
    check_ended(run_cox({command, "--db", folder / "empty.db"}), 2, {"empty.db' is an empty file"});
  }
  for (const std::string command : {"retry", "pause", "resume", "cancel"}) {
    check_ended(run_cox({command, "x", "--db", folder / "empty.db"}), 2,
                {"empty.db' is an empty file"});
    check_ended(run_cox({command, "x", "--db", folder / "typo.db"}), 3, {"no database"});
  }
  CHECK(fs::file_size(folder / "empty.db") == 0);
  CHECK_FALSE(fs::exists(folder / "typo.db"));
}

TEST_CASE("a database is a plain file, and its creation is said") {
  const TemporaryDirectory folder;
  for (const std::string name : {":memory:", "file:x.db"}) {
    check_ended(run_cox({"status", "--db", name}), 2, {name, "plain file name"});
    check_ended(run_cox({"coordinator", "--db", name}), 2, {name, "plain file name"});
    check_ended(
        run_cox({"run", StudyFixture::get().sweep(), "--db", name, "--out", folder / "out"}), 2,
        {name, "plain file name"});
  }
  CHECK(fs::is_empty(folder.path()));
  Running coordinator(
      cox_command({"coordinator", "--db", folder / "new/a.db", "--listen", "127.0.0.1:0"}),
      clean());
  CHECK(coordinator.wait_for_err("creating the database '" + folder / "new/a.db" + "'"));
}

TEST_CASE("an option without a value is refused instead of ignored") {
  const TemporaryDirectory folder;
  const std::string sweep = StudyFixture::get().sweep();
  const Surroundings here = clean({.directory = folder.path(), .environment = {}});
  check_ended(run_cox({"status", "--db", ""}, here), 2, {"--db", "empty string"});
  check_ended(run_cox({"status", "--coordinator", ""}, here), 2, {"--coordinator", "empty string"});
  check_ended(run_cox({"run", sweep, "--db", ""}, here), 2, {"--db", "empty string"});
  check_ended(run_cox({"run", sweep, "--out", ""}, here), 2, {"--out", "empty string"});
  check_ended(run_cox({"coordinator", "--db", ""}, here), 2, {"--db", "empty string"});
  check_ended(run_worker({"--out", ""}, here), 2, {"--out", "empty string"});
  CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("devices and missing homes are refused or bounded, not an abort or a hang") {
  const TemporaryDirectory folder;
  check_ended(run_cox({"validate", "/dev/zero"}), 2, {"/dev/zero", "got a device"});
  Surroundings homeless =
      clean({.directory = folder.path(), .environment = {{"HOME", ""}, {"XDG_CACHE_HOME", ""}}});
  const Ended validated = run_cox({"validate", StudyFixture::get().sweep()}, homeless);
  INFO(validated.all());
  CHECK(validated.exit_code == 0);
}

TEST_CASE("a file size limit is an error of the write that is named, as a full disk is") {
  const TemporaryDirectory folder;
  const auto limited = [&](const std::string& command) {
    return run({"bash", "-c", "ulimit -f 1; exec " + command}, clean());  // 1 KiB
  };
  check_ended(
      limited(program("cox-worker") + " --device cpu --max-away 1 --coordinator 127.0.0.1:1" +
              " --out " + folder / "out"),
      2, {"cannot be written", "File too large"});
  check_ended(limited(program("cox") + " coordinator --db " + folder / "a.db --listen 127.0.0.1:0"),
              1, {"a.db", "the disk or the quota is full", "(ulimit -f)", "free space"});
}
