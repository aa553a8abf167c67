#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <iostream>
#include <memory>
#include <random>
#include <sstream>
#include <thread>

#include "tests/e2e/study_fixture.h"

using namespace cox::test;
using Catch::Matchers::Contains;

namespace {

constexpr int kLocalKills = 12;
constexpr int kClusterKills = 8;
constexpr double kLongestLife_s = 4;  ///< of a victim

/// Draws for one test, from COX_TEST_SEED or the clock; printed, so that a failure can be repeated.
class Draws {
 public:
  Draws() {
    const char* wanted = std::getenv("COX_TEST_SEED");
    const auto seed = wanted != nullptr ? std::stoull(wanted)
                                        : static_cast<unsigned long long>(std::random_device{}());
    std::cout << "COX_TEST_SEED=" << seed << std::endl;
    engine_.seed(seed);
  }
  double seconds() { return std::uniform_real_distribution<>(0, kLongestLife_s)(engine_); }
  size_t index(size_t count) {
    return std::uniform_int_distribution<size_t>(0, count - 1)(engine_);
  }

 private:
  std::mt19937_64 engine_;
};

void sleep_s(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

/// Results as the database has them; none when it was not even made yet.
std::vector<std::string> finished(const std::string& database) {
  const Ended ended = run_cox({"results", "--db", database, "--format", "csv", "--sql",
                               "SELECT job_digest, attempt, time_us FROM v_results"});
  std::vector<std::string> rows;
  if (ended.exit_code != 0) return rows;
  std::istringstream lines(ended.out);
  for (std::string line; std::getline(lines, line);) rows.push_back(line);
  return rows;
}

/// Results once seen stand to the end: same attempt, same time.
void check_kept(const std::vector<std::string>& before, const std::string& database) {
  const std::vector<std::string> now = finished(database);
  for (const std::string& row : before) {
    INFO(row);
    CHECK(std::find(now.begin(), now.end(), row) != now.end());
  }
}

void check_nothing_doubled(const std::string& database) {
  CHECK(sql_number(database,
                   "SELECT count(*) FROM (SELECT job_digest FROM v_attempts WHERE outcome = 'done'"
                   " GROUP BY job_digest HAVING count(*) > 1)") == 0);
}

void check_all_done(const std::string& database, int sweeps) {
  CHECK(sql_number(database, "SELECT count(*) FROM v_results") == sweeps * StudyFixture::kDoneJobs);
  CHECK(sql_number(database, "SELECT count(*) FROM v_jobs WHERE state NOT IN ('done', 'failed')") ==
        0);
  CHECK(sql_number(database, "SELECT count(*) FROM v_failures WHERE NOT expected") == 0);
}

/// The tiny sweep with another seed: runs that nobody has computed yet.
std::vector<std::string> variant(int number) {
  const std::string n = std::to_string(number);
  return {"--set", "seed=" + n, "--set", "series.name=kill-" + n};
}

std::vector<std::string> joined(std::vector<std::string> head,
                                const std::vector<std::string>& tail) {
  head.insert(head.end(), tail.begin(), tail.end());
  return head;
}

}  // namespace

TEST_CASE("kill -9 of cox run or a worker at any moment loses nothing and computes nothing twice") {
  Draws draws;
  const TemporaryDirectory folder;
  const std::string database = folder / "cox.db";
  int sweeps = 1;
  int kills = 0;
  while (kills < kLocalKills) {
    const std::vector<std::string> before = finished(database);
    const auto command = cox_command(
        joined({"run", StudyFixture::get().sweep(), "--workers", "2", "--out", folder.path()},
               variant(sweeps)));
    Running running(command, clean());
    sleep_s(draws.seconds());
    const std::vector<pid_t> victims = processes_with(folder.path());
    if (victims.empty()) {  // it ended before the blow
      const Ended ended = running.wait();
      INFO(ended.all());
      REQUIRE(ended.exit_code == 0);
      ++sweeps;
      continue;
    }
    ++kills;
    const pid_t victim = victims[draws.index(victims.size())];
    INFO("kill " << kills << " of " << kLocalKills
                 << (victim == running.pid() ? ", cox run" : ", a worker"));
    kill(victim, SIGKILL);
    if (victim != running.pid()) {  // the run continues without that worker and restarts it
      const Ended ended = running.wait();
      INFO(ended.all());
      REQUIRE(ended.exit_code == 0);
      ++sweeps;
    }
    check_kept(before, database);
  }
  REQUIRE(
      run_cox(joined({"run", StudyFixture::get().sweep(), "--out", folder.path()}, variant(sweeps)))
          .exit_code == 0);
  check_all_done(database, sweeps);
  check_nothing_doubled(database);
}

namespace {

/// A coordinator and two workers as separate programs, each of which can be killed and started
/// again with the command it had.
class Cluster {
 public:
  explicit Cluster(const std::string& folder)
      : folder_(folder), address_("127.0.0.1:" + std::to_string(free_port())) {
    start(0);
    REQUIRE(members_[0]->wait_for_err("listens on"));
    start(1);
    start(2);
  }

  std::string database() const { return folder_ + "/cox.db"; }
  const std::string& address() const { return address_; }
  static constexpr size_t kMembers = 3;  ///< the first is the coordinator

  void kill_and_start(size_t member) {
    members_[member]->send(SIGKILL);
    members_[member]->wait();
    start(member);
  }

 private:
  void start(size_t member) {
    const std::string name = "w" + std::to_string(member);
    const std::vector<std::string> coordinator =
        cox_command({"coordinator", "--db", database(), "--listen", address_, "--lease", "3"});
    const std::vector<std::string> worker = {program("cox-worker"),
                                             "--coordinator",
                                             address_,
                                             "--name",
                                             name,
                                             "--out",
                                             folder_,
                                             "--device",
                                             "cpu"};
    Surroundings around = clean();
    around.timeout_s = 600;
    members_[member] = std::make_unique<Running>(member == 0 ? coordinator : worker, around);
  }

  std::string folder_;
  std::string address_;
  std::unique_ptr<Running> members_[kMembers];
};

}  // namespace

TEST_CASE(
    "kill -9 of cox coordinator or a worker at any moment loses nothing and doubles nothing") {
  Draws draws;
  const TemporaryDirectory folder;
  Cluster cluster(folder.path());
  const std::vector<std::string> submit = joined(
      {"submit", StudyFixture::get().sweep(), "--coordinator", cluster.address()}, variant(1000));
  REQUIRE(run_cox(submit).exit_code == 0);
  int sweeps = 1;
  for (int kills = 1; kills <= kClusterKills; ++kills) {
    sleep_s(draws.seconds());
    const std::vector<std::string> before = finished(cluster.database());
    const size_t victim = draws.index(Cluster::kMembers);
    INFO("kill " << kills << " of " << kClusterKills << ", member " << victim);
    cluster.kill_and_start(victim);
    check_kept(before, cluster.database());
    if (before.size() > static_cast<size_t>(sweeps * StudyFixture::kDoneJobs)) {  // with the header
      sleep_s(1);  // a coordinator that was just started
      ++sweeps;
      REQUIRE(run_cox(joined({"submit", StudyFixture::get().sweep(), "--coordinator",
                              cluster.address()},
                             variant(1000 + sweeps)))
                  .exit_code == 0);
    }
  }
  sleep_s(1);
  const Ended waited = run_cox({"watch", "--coordinator", cluster.address(), "--timeout", "120"});
  INFO(waited.all());
  CHECK(waited.exit_code == 0);
  check_all_done(cluster.database(), sweeps);
  check_nothing_doubled(cluster.database());
}
