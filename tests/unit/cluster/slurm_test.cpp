#include "coordinator/cluster/slurm.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "base/text.h"
#include "tests/support/temporary_directory.h"

using namespace cox::cluster;
using Catch::Matchers::Contains;
using cox::Result;
namespace fs = std::filesystem;

namespace {

/// Slurm's programs as a test wants them to answer; remembers what was asked.
struct FakeSlurm {
  cox::test::TemporaryDirectory folder;
  std::string squeue, sacct, config;
  bool sacct_fails = false;
  bool sbatch_fails = false;
  std::vector<std::vector<std::string>> asked;

  Slurm slurm() {
    SlurmSettings settings;
    settings.time = std::chrono::hours(1);
    settings.out = folder.path();
    fs::create_directories(fs::path(settings.folder()) / "tasks");
    return {settings, [this](const Command& command) { return answer(command); }};
  }
  std::string place() const { return folder.path() + "/slurm/cox"; }
  void note(const std::string& name, const std::string& text) const {
    std::ofstream(fs::path(place()) / "tasks" / name) << text;
  }

 private:
  Result<CommandEnd> answer(const Command& command) {
    asked.push_back(command.words);
    const std::string line = cox::join(command.words, " ");
    if (line.find("sacct") != std::string::npos) {
      return CommandEnd{sacct_fails ? 1 : 0, sacct, sacct_fails ? "accounting is disabled" : ""};
    }
    if (command.words.front() == "squeue") return CommandEnd{0, squeue, ""};
    if (command.words.front() == "scontrol") return CommandEnd{0, config, ""};
    if (sbatch_fails) return CommandEnd{1, "", "node configuration is not available"};
    return CommandEnd{0, "4711\n", ""};
  }
};

std::string row(const std::string& id, const std::string& state, const std::string& folder) {
  return id + "|" + state + "|n1|None|1:00|" + folder + "\n";
}

}  // namespace

TEST_CASE("tasks of another folder under the same name are not ours") {
  FakeSlurm fake;
  Slurm slurm = fake.slurm();
  fake.squeue = row("1_0", "RUNNING", fake.place()) + row("2_0", "RUNNING", "/elsewhere");
  const auto queue = slurm.queue();
  REQUIRE(queue.is_ok());
  REQUIRE(queue->size() == 1);
  CHECK(queue->front().id == "1_0");
}

TEST_CASE("a task's own note records how it ended; Slurm supplies what the note lacks") {
  FakeSlurm fake;
  Slurm slurm = fake.slurm();
  fake.squeue = row("1_0", "RUNNING", fake.place()) + row("1_1", "FAILED", fake.place());
  fake.note("1_0.0", "node n1\nbegan 100\n");
  fake.note("1_1.0", "node n2\nbegan 100\nended 200\nexit 78\n");
  fake.note("1_2.0", "node n3\nbegan 100\nended 200\nexit 0\n");
  fake.note("1_3.0", "node n4\nbegan 100\n");
  fake.sacct = "1_3|NODE_FAIL|n4\n9_9|FAILED|n9\n";
  const auto list = slurm.tasks(0);
  REQUIRE(list.is_ok());
  REQUIRE(list->tasks.size() == 4);
  CHECK(list->tasks[0].task.state.kind == TaskKind::kRunning);
  CHECK(list->tasks[1].story == "a file that a job needs is missing on its node");
  CHECK(list->tasks[2].task.state.kind == TaskKind::kEnded);
  CHECK(list->tasks[3].story == "its node failed");
  CHECK(list->supply().running == 1);
  CHECK(list->notes.empty());
  const auto excluded = judge_nodes(list->events, 201).excluded_until;
  CHECK(excluded.count("n2") == 1);
  CHECK(excluded.count("n4") == 1);
  CHECK(excluded.size() == 2);
}

TEST_CASE("without sacct a task that vanished is unknown, and no node is blamed") {
  FakeSlurm fake;
  Slurm slurm = fake.slurm();
  fake.note("1_3.0", "node n4\nbegan 100\n");
  fake.sacct_fails = true;
  const auto list = slurm.tasks(0);
  REQUIRE(list.is_ok());
  REQUIRE(list->tasks.size() == 1);
  CHECK(list->tasks[0].task.state.kind == TaskKind::kUnknown);
  CHECK_FALSE(list->tasks[0].task.state.is_live());
  REQUIRE(list->notes.size() == 1);
  CHECK_THAT(list->notes[0], Contains("accounting is disabled"));
  CHECK(list->events.empty());
}

TEST_CASE("a task that was queued again and runs is judged by its new start") {
  FakeSlurm fake;
  Slurm slurm = fake.slurm();
  fake.squeue = row("1_0", "RUNNING", fake.place());
  fake.note("1_0.0", "node n1\nbegan 100\nended 150\nexit 75\n");
  fake.note("1_0.1", "node n1\nbegan 300\n");
  const auto list = slurm.tasks(0);
  REQUIRE(list->tasks.size() == 1);
  CHECK(list->tasks[0].began == 300);
  CHECK_FALSE(list->tasks[0].ended);
  CHECK(list->tasks[0].story == "runs");
}

TEST_CASE("what is not a note is an error with its name; what is being written is passed over") {
  FakeSlurm fake;
  Slurm slurm = fake.slurm();
  fake.note(".1_0.0", "nod");
  CHECK(slurm.tasks(0)->tasks.empty());
  fake.note("1_0.0", "node n1\nbegan soon\n");
  CHECK_THAT(slurm.tasks(0).status().message(),
             Contains("1_0.0' is not a note of a task (line 'began soon')"));
}

TEST_CASE("draining removes waiting tasks before it asks the others to leave") {
  FakeSlurm fake;
  Slurm slurm = fake.slurm();
  fake.squeue = row("1_0", "RUNNING", fake.place()) + row("1_1", "PENDING", fake.place()) +
                row("1_2", "COMPLETED", fake.place());
  REQUIRE(slurm.drain(slurm.queue().value()).is_ok());
  REQUIRE(fake.asked.size() == 3);
  CHECK(fake.asked[1] == std::vector<std::string>{"scancel", "1_1"});
  CHECK(fake.asked[2] == std::vector<std::string>{"scancel", "--batch", "--signal=TERM", "1_0"});
}

TEST_CASE("the newest of the tasks that wait are given up first, by number and not by spelling") {
  const auto task = [](const char* id, const char* state) {
    return Task{id, task_state(state), "", "", "", ""};
  };
  const std::vector<Task> tasks = {task("9_2", "PENDING"), task("9_10", "PENDING"),
                                   task("9_9", "PENDING"), task("10_0", "RUNNING")};
  const auto newest = newest_waiting(tasks, 2);
  REQUIRE(newest.size() == 2);
  CHECK(newest[0].id == "9_10");
  CHECK(newest[1].id == "9_9");
}

TEST_CASE("an array is submitted under its job id, no larger than the site's arrays are") {
  FakeSlurm fake;
  Slurm slurm = fake.slurm();
  CHECK(slurm.submit({})->id == "4711");
  fake.config = "MaxArraySize            = 21\nMaxJobCount             = 10000\n";
  CHECK(
      slurm.submit({.tasks = 500, .at_once = 4, .longest_job = {}, .excluded_nodes = {}})->tasks ==
      21);
  CHECK(slurm.submit({.tasks = 5, .at_once = 4, .longest_job = {}, .excluded_nodes = {}})->tasks ==
        5);
}

TEST_CASE("a refused submission names the nodes that were left out") {
  FakeSlurm fake;
  Slurm slurm = fake.slurm();
  fake.sbatch_fails = true;
  const auto refusal = [&](const std::vector<std::string>& excluded) {
    return slurm.submit({.tasks = 2, .at_once = 1, .longest_job = {}, .excluded_nodes = excluded})
        .status()
        .message();
  };
  CHECK_THAT(refusal({"n1", "n2"}), Contains("node configuration is not available") &&
                                        Contains("are left out for a while: n1, n2"));
  CHECK_THAT(refusal({}), !Contains("left out"));
}
