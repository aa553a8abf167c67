#include "worker/state_folder.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "base/digest.h"
#include "base/file.h"
#include "tests/support/temporary_directory.h"

namespace fs = std::filesystem;
using namespace cox;  // NOLINT: a test
using cox::worker::StateFolder;

namespace {

const std::string kOne = sha256_of("one");
const std::string kTwo = sha256_of("two");

std::uint64_t bytes_in(const std::string& folder) {
  std::uint64_t bytes = 0;
  for (const auto& file : fs::directory_iterator(folder)) bytes += fs::file_size(file.path());
  return bytes;
}

std::string file_of(const test::TemporaryDirectory& folder, std::int64_t step) {
  return folder / (kOne + "." + std::to_string(step) + ".state");
}

}  // namespace

TEST_CASE("a saved state comes back byte for byte, by trajectory and step") {
  const test::TemporaryDirectory folder;
  StateFolder states(folder.path());
  const std::string bytes("a\0b\nc", 5);
  states.save(kOne, 5, bytes);
  states.save(kOne, 20, "twenty");
  states.save(kTwo, 7, "");
  CHECK(states.steps(kOne) == std::vector<std::int64_t>{5, 20});
  CHECK(states.load(kOne, 5) == bytes);
  CHECK(states.load(kOne, 20) == "twenty");
  CHECK(states.load(kTwo, 7) == "");
  CHECK_FALSE(states.load(kOne, 6).has_value());
  CHECK_FALSE(states.load(sha256_of("three"), 5).has_value());
  CHECK(StateFolder(folder.path()).load(kOne, 5) == bytes);  // another process
  CHECK(StateFolder(folder / "missing").steps(kOne).empty());
}

TEST_CASE("a state that was cut short or altered is deleted, and can be saved again") {
  const test::TemporaryDirectory folder;
  StateFolder states(folder.path());
  const std::string content(1000, 'x');
  states.save(kOne, 5, content);
  const std::string whole = read_file(file_of(folder, 5)).value();
  std::vector<std::string> damaged = {"", "cox-state/1 ", whole + "y", "no" + whole};
  for (const std::size_t length : {1, 30, 76, 77, 500, 1076})
    damaged.push_back(whole.substr(0, length));
  for (const std::size_t at : {0, 20, 76, 77, 900}) {
    damaged.push_back(whole);
    damaged.back()[at] = static_cast<char>(damaged.back()[at] ^ 1);
  }
  for (const std::string& file : damaged) {
    INFO(file.size() << " bytes");
    std::ofstream(file_of(folder, 5), std::ios::binary | std::ios::trunc) << file;
    CHECK_FALSE(states.load(kOne, 5).has_value());
    CHECK(states.steps(kOne).empty());
    states.save(kOne, 5, content);
    CHECK(states.load(kOne, 5) == content);
  }
}

TEST_CASE("the states used least recently make room, and foreign names are left out") {
  const test::TemporaryDirectory folder;
  StateFolder states(folder.path(), 5'000);
  const auto age = [&](std::int64_t step, int minutes) {
    fs::last_write_time(file_of(folder, step),
                        fs::file_time_type::clock::now() - std::chrono::minutes(minutes));
  };
  for (const std::int64_t step : {1, 2, 3, 4}) {
    states.save(kOne, step, std::string(1'000, 'x'));
    age(step, static_cast<int>(10 - step));
  }
  CHECK(states.load(kOne, 1).has_value());  // used now
  states.save(kOne, 5, std::string(1'000, 'x'));
  CHECK(states.steps(kOne) == std::vector<std::int64_t>{1, 3, 4, 5});
  CHECK(bytes_in(folder.path()) <= 5'000);
  states.save(kOne, 6, std::string(6'000, 'x'));  // more than the limit for all states
  CHECK(states.steps(kOne) == std::vector<std::int64_t>{1, 3, 4, 5});
  std::ofstream(folder / (kOne + ".7x.state")) << "x";
  std::ofstream(folder / (kOne + ".8.part")) << "x";
  CHECK(states.steps(kOne) == std::vector<std::int64_t>{1, 3, 4, 5});
}

TEST_CASE("what killed processes wrote aside is removed after an hour") {
  const test::TemporaryDirectory folder;
  for (const char* name : {"old", "new"})
    std::ofstream(folder / (std::string(".") + name + ".part")) << "x";
  fs::last_write_time(folder / ".old.part",
                      fs::file_time_type::clock::now() - std::chrono::hours(2));
  StateFolder(folder.path()).save(kOne, 1, "x");
  CHECK_FALSE(fs::exists(folder / ".old.part"));
  CHECK(fs::exists(folder / ".new.part"));
}

TEST_CASE("processes that save, load and delete in one folder never see half a state") {
  const test::TemporaryDirectory folder;
  constexpr int kProcesses = 4, kRounds = 200;
  std::vector<pid_t> children;
  for (int process = 0; process < kProcesses; ++process) {
    const pid_t child = ::fork();
    if (child == 0) {
      StateFolder states(folder.path(), 20'000);
      bool good = true;
      for (int round = 0; round < kRounds; ++round) {
        const std::int64_t step = (process * 7 + round) % 12;
        const auto content = [&](std::int64_t n) {
          return std::string(2'000, static_cast<char>('a' + n));
        };
        states.save(kOne, step, content(step));
        for (const std::int64_t saved : states.steps(kOne)) {
          const auto loaded = states.load(kOne, saved);
          good = good && (!loaded || *loaded == content(saved));
        }
      }
      ::_exit(good ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  StateFolder states(folder.path());
  CHECK_FALSE(states.steps(kOne).empty());
  CHECK(bytes_in(folder.path()) <= 20'000);
}

TEST_CASE("a folder that cannot be written costs nothing but a line in the log") {
  const test::TemporaryDirectory folder;
  std::ofstream(folder / "file") << "x";
  StateFolder states(folder / "file");
  states.save(kOne, 1, "x");
  CHECK(states.steps(kOne).empty());
  CHECK(read_file(folder / "file").value() == "x");
}
