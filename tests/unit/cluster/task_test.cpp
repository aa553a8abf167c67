#include "coordinator/cluster/task.h"

#include <catch2/catch.hpp>

using namespace cox::cluster;

TEST_CASE("states are read as squeue and sacct write them") {
  CHECK(task_state("RUNNING").kind == TaskKind::kRunning);
  CHECK(task_state("CANCELLED by 1000").kind == TaskKind::kStopped);
  CHECK(task_state("CANCELLED+").text == "CANCELLED");
  CHECK(task_state("TIMEOUT").kind == TaskKind::kStopped);
  CHECK(task_state("OUT_OF_MEMORY").kind == TaskKind::kFailed);
  CHECK(task_state("NODE_FAIL").kind == TaskKind::kNodeFailed);
  CHECK(task_state("COMPLETED").kind == TaskKind::kEnded);
}

TEST_CASE("a state that nobody knows is unknown, never a failure, and not live") {
  for (const char* text : {"", "MELTING", "running", " "}) {
    const TaskState state = task_state(text);
    CHECK(state.kind == TaskKind::kUnknown);
    CHECK_FALSE(state.is_live());
    CHECK_FALSE(state.meaning.empty());
  }
}

TEST_CASE("tasks that compute now or later are live") {
  for (const char* text :
       {"PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD", "RUNNING", "SUSPENDED"}) {
    INFO(text);
    CHECK(task_state(text).is_live());
  }
  for (const char* text : {"COMPLETING", "COMPLETED", "PREEMPTED", "FAILED", "BOOT_FAIL"}) {
    INFO(text);
    CHECK_FALSE(task_state(text).is_live());
  }
}

TEST_CASE("a queue is read line by line; the folder may hold the separator") {
  const auto tasks = read_queue(
      "12_0|RUNNING|n1|None|0:57|/home/me/out/slurm/t\n"
      "12_3|PENDING||JobArrayTaskLimit|1:00|/a|b\n");
  REQUIRE(tasks.is_ok());
  REQUIRE(tasks->size() == 2);
  CHECK((*tasks)[0].id == "12_0");
  CHECK((*tasks)[0].node == "n1");
  CHECK((*tasks)[0].reason.empty());
  CHECK((*tasks)[1].reason == "JobArrayTaskLimit");
  CHECK((*tasks)[1].folder == "/a|b");
  CHECK_FALSE(read_queue("12_0|RUNNING\n").is_ok());
}

TEST_CASE("sacct's steps are not tasks") {
  const auto tasks =
      read_account("12_0|TIMEOUT|n1\n12_0.batch|CANCELLED|n1\n12_1|PENDING|None assigned\n");
  REQUIRE(tasks.is_ok());
  REQUIRE(tasks->size() == 2);
  CHECK((*tasks)[0].state.kind == TaskKind::kStopped);
  CHECK((*tasks)[1].node.empty());
}
