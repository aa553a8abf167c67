#include "coordinator/cluster/run_command.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "tests/support/command.h"

using namespace cox::cluster;
using Catch::Matchers::Contains;
using cox::StatusCode;
using std::chrono::milliseconds;

TEST_CASE("a command's outputs and exit code come back, its input arrives") {
  const std::string much(1 << 20, 'x');  // more than a pipe holds
  const auto end = run_command({.words = {"sh", "-c", "cat; echo err >&2; exit 3"},
                                .input = much,
                                .at_most = milliseconds(60'000)});
  REQUIRE(end.is_ok());
  CHECK(end->out == much);
  CHECK(end->err == "err\n");
  CHECK(end->exit_code == 3);
  CHECK(run_command({.words = {"sh", "-c", "kill -9 $$"}})->exit_code == 137);
}

TEST_CASE("a program that does not read its input, or does not exist, is handled") {
  const auto end = run_command({.words = {"true"}, .input = std::string(1 << 20, 'x')});
  REQUIRE(end.is_ok());
  CHECK(end->exit_code == 0);
  const auto none = run_command({.words = {"cox-there-is-no-such-program"}});
  CHECK(none.status().code() == StatusCode::kNotFound);
  CHECK_THAT(none.status().message(), Contains("cox-there-is-no-such-program"));
}

TEST_CASE("a command that hangs is killed with all that it started") {
  const std::string mark = "cox-hanging-command-" + std::to_string(::getpid());
  const auto end = run_command({.words = {"sh", "-c", "sh -c 'sleep 1000; : " + mark + "' & wait"},
                                .input = {},
                                .at_most = milliseconds(300)});
  CHECK(end.status().code() == StatusCode::kDeadlineExceeded);
  CHECK_THAT(end.status().message(), Contains("'sh': did not end within 300 ms"));
  CHECK(cox::test::wait_until_gone(mark, 30));
}

TEST_CASE("what a command leaves running with its outputs closed is not killed") {
  const cox::test::TemporaryDirectory folder;
  const std::string mark = folder.path() + "/mark";
  const std::string left = "(sleep 0.2; touch '" + mark + "') >/dev/null 2>&1 &";
  REQUIRE(run_command({.words = {"sh", "-c", left}}).is_ok());
  for (int waited = 0; waited < 1'000 && !std::filesystem::exists(mark); ++waited) {
    std::this_thread::sleep_for(milliseconds(10));
  }
  CHECK(std::filesystem::exists(mark));
}

TEST_CASE("a command that prints without end is stopped") {
  const auto end = run_command({.words = {"yes"}, .input = {}, .at_most = milliseconds(60'000)});
  CHECK(end.status().code() == StatusCode::kOutOfRange);
}

TEST_CASE("output_of is an error with the command's words when it fails") {
  const auto output = output_of(run_command, {.words = {"sh", "-c", "echo bad >&2; exit 4"}});
  CHECK_THAT(output.status().message(), Contains("'sh' ended with exit code 4: bad"));
  CHECK(*output_of(run_command, {.words = {"echo", "good"}}) == "good\n");
}
