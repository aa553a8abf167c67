#include "coordinator/watch/event_command.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <thread>

#include "tests/support/temporary_directory.h"

using namespace cox;
using namespace cox::watch;

namespace {

bool never() { return false; }

double seconds_of(const std::function<void()>& what) {
  const auto begin = std::chrono::steady_clock::now();
  what();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::string content(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("a command reads its input to the end, also more than a pipe holds") {
  const test::TemporaryDirectory folder;
  const std::string copy = folder.path() + "/copy";
  const std::string input(300'000, 'x');
  CHECK(run_command("cat > '" + copy + "'", input, never).is_ok());
  CHECK(content(copy) == input);
}

TEST_CASE("a command that fails is told with its output; one that reads nothing is no failure") {
  const Status failed = run_command("echo 'no such channel' >&2; exit 3", "{}", never);
  CHECK(failed.code() == StatusCode::kInternal);
  CHECK(failed.message() == "exit code 3: no such channel");
  CHECK(run_command("exec true", std::string(300'000, 'x'), never).is_ok());
  CHECK(run_command("kill -9 $$", "{}", never).message() == "signal 9");
  CHECK_THAT(run_command("no-such-program-at-all", "{}", never).message(),
             Catch::StartsWith("exit code 127"));
  const Status loud = run_command("head -c 100000 /dev/zero | tr '\\0' a; exit 1", "", never);
  CHECK(loud.message().size() < 2 * kMostOutputBytes);
}

TEST_CASE("a command that takes too long is killed with everything that it started") {
  const test::TemporaryDirectory folder;
  const std::string mark = folder.path() + "/mark";
  Status status;
  const double seconds = seconds_of([&] {
    status = run_command("(sleep 2; touch '" + mark + "') & sleep 60", "{}", never, kSecondUs / 2);
  });
  CHECK(status.code() == StatusCode::kDeadlineExceeded);
  CHECK(seconds < 1.9);
  std::this_thread::sleep_for(std::chrono::milliseconds(2'200));
  CHECK_FALSE(std::filesystem::exists(mark));
}

TEST_CASE("a command that leaves a child behind which holds its output has ended with itself") {
  const double seconds =
      seconds_of([&] { CHECK(run_command("sleep 30 & exit 0", "{}", never).is_ok()); });
  CHECK(seconds < 5);
}

TEST_CASE("what a command leaves running is ended with it") {
  const test::TemporaryDirectory folder;
  const std::string mark = folder.path() + "/mark";
  CHECK(run_command("(sleep 1; touch '" + mark + "') & exit 0", "{}", never).is_ok());
  std::this_thread::sleep_for(std::chrono::milliseconds(1'300));
  CHECK_FALSE(std::filesystem::exists(mark));
}

TEST_CASE("a command is given up with the program") {
  const double seconds = seconds_of([&] {
    CHECK(run_command("sleep 30", "{}", [] { return true; }).code() == StatusCode::kCancelled);
  });
  CHECK(seconds < 5);
}
