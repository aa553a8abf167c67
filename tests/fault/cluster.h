#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "coordinator/sweep/plan.h"
#include "cox/v1/sweep.grpc.pb.h"
#include "proto/channel.h"
#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"

namespace cox::test {

using std::chrono::milliseconds;

/// How long or how often a test does something: an environment variable, else `otherwise`.
long from_environment(const char* name, long otherwise);

struct ClusterOptions {
  int workers = 3;
  int shortest_job_ms = 1;
  int longest_job_ms = 20;
  int max_jobs_per_bundle = 8;
  std::int64_t lease_ms = 5'000;
  std::int64_t heartbeat_ms = 100;
  std::int64_t grace_ms = 10'000;
  std::string limit = "";  ///< ulimit's arguments for the coordinator, "-S -n 64"; "" = none
  bool tls = false;        ///< its own certificate, as outside loopback
  /// Arguments of cox-worker, which then computes instead of cox-test-worker; its output folder is
  /// `out` in the cluster's directory.
  std::vector<std::string> engine = {};
};

/// A coordinator and workers as real processes on one database, which a test may kill, stop and
/// start again; and the oracle that compares the database with the workers' own ledger. Owned by
/// one thread.
class Cluster {
 public:
  explicit Cluster(const ClusterOptions& options = {});

  // The programs. `fault` names a fault point, "" none.
  void start_coordinator(const std::string& fault = "", long most_file_bytes = 0);
  void start_worker(int index, const std::string& fault = "");
  void start_workers();
  Process& coordinator() { return coordinator_; }
  Process& worker(int index) { return workers_.at(index); }
  int worker_count() const { return options_.workers; }
  /// Restarts every program that is not running.
  void revive();

  // The calls of people. Each fails the test after a minute without an answer.
  v1::SubmitReply submit(const std::string& series, int runs, int videos, int first_seed = 0);
  v1::SubmitReply submit(sweep::SweepPlan plan);
  v1::ProgressReply progress();
  /// Waits until nothing is queued or leased; `look` is called between.
  bool wait_until_drained(milliseconds at_most);
  bool wait_until_done(std::uint64_t jobs, milliseconds at_most);

  // The oracle.
  /// How often each job was computed to its end, by its digest.
  std::map<std::string, int> ledger() const;
  int computations() const;
  /// Returns a number from the database, read while the coordinator runs.
  std::int64_t number(const std::string& sql) const;
  /// Every job of the database done exactly once with the one right result, nothing half done, and
  /// every one of them in the ledger. Fails the test otherwise.
  void require_all_done_once(std::int64_t jobs);
  /// Checks the same except the correct result and the ledger, which only cox-test-worker keeps.
  void require_each_done_once(std::int64_t jobs) const;

  /// The address of the coordinator, once it has been started.
  Endpoint endpoint() const;
  const std::string& directory() const { return directory_.path(); }
  /// The output of the programs, for a failing test's report.
  std::string log() const;

 private:
  std::unique_ptr<v1::SweepService::Stub> stub() const;
  std::vector<std::string> worker_command(const std::string& name) const;

  ClusterOptions options_;
  TemporaryDirectory directory_;
  std::string address_;
  Process coordinator_;
  std::vector<Process> workers_;
};

}  // namespace cox::test
