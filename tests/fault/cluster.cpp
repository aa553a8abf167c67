#include "tests/fault/cluster.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/file.h"
#include "base/text.h"
#include "coordinator/service/submission.h"
#include "coordinator/store/read_only.h"
#include "coordinator/store/store.h"
#include "proto/channel.h"
#include "tests/support/certificate.h"
#include "tests/support/sample_plan.h"

namespace cox::test {

namespace {

constexpr milliseconds kStartTime{20'000};
constexpr milliseconds kCallTime{60'000};
constexpr milliseconds kLook{20};

constexpr const char* kCertificate = "server.pem";
constexpr const char* kKey = "server.key";

std::string program(const char* name) { return std::string(COX_BIN_DIR) + "/" + name; }

std::map<std::string, std::string> environment_of(const std::string& fault) {
  if (fault.empty()) return {{"COX_LOG", "warning"}};
  return {{"COX_LOG", "warning"}, {"COX_FAULT", fault}};
}

}  // namespace

long from_environment(const char* name, long otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtol(text, nullptr, 10);
}

Cluster::Cluster(const ClusterOptions& options)
    : options_(options),
      address_("127.0.0.1:0"),
      coordinator_(ProcessOptions{{"/bin/true"}, {}, "", 0}) {
  if (options.tls) write_certificate(directory_ / kCertificate, directory_ / kKey);
  for (int i = 0; i < options.workers; ++i) {
    workers_.emplace_back(ProcessOptions{{"/bin/true"}, {}, "", 0});
  }
}

void Cluster::start_coordinator(const std::string& fault, long most_file_bytes) {
  const std::string output = directory_ / "coordinator.log";
  std::ofstream(output, std::ios::trunc);
  std::vector<std::string> command = {program("cox-test-coordinator"),
                                      "--db",
                                      directory_ / "cox.db",
                                      "--listen",
                                      address_,
                                      "--lease-ms",
                                      concat(options_.lease_ms),
                                      "--heartbeat-ms",
                                      concat(options_.heartbeat_ms),
                                      "--grace-ms",
                                      concat(options_.grace_ms)};
  if (options_.tls) {
    command.insert(command.end(),
                   {"--tls-cert", directory_ / kCertificate, "--tls-key", directory_ / kKey});
  }
  if (!options_.limit.empty()) {
    command.insert(command.begin(),
                   {"/bin/sh", "-c", concat("ulimit ", options_.limit, " && exec \"$0\" \"$@\"")});
  }
  coordinator_ = Process({command, environment_of(fault), output, most_file_bytes});
  const auto deadline = std::chrono::steady_clock::now() + kStartTime;
  while (std::chrono::steady_clock::now() < deadline) {
    const std::string text = read_file(output).value();
    const size_t found = text.find("listening ");
    if (found != std::string::npos && text.find('\n', found) != std::string::npos) {
      // The port that was picked is kept: workers know no other.
      address_ = trim(split(text.substr(found + 10), '\n').front());
      return;
    }
    if (!coordinator_.running() && !fault.empty()) return;
    std::this_thread::sleep_for(milliseconds(2));
  }
  FAIL("the coordinator does not start:\n" << log());
}

std::vector<std::string> Cluster::worker_command(const std::string& name) const {
  std::vector<std::string> command = {
      options_.engine.empty() ? program("cox-test-worker") : program("cox-worker"),
      "--coordinator",
      address_,
      "--name",
      name,
      "--spool",
      directory_ / (name + ".spool")};
  if (options_.tls) command.insert(command.end(), {"--ca-file", directory_ / kCertificate});
  if (!options_.engine.empty()) {
    command.insert(command.end(), {"--device", "cpu", "--out", directory_ / "out",
                                   "--max-jobs-per-bundle", concat(options_.max_jobs_per_bundle)});
    command.insert(command.end(), options_.engine.begin(), options_.engine.end());
    return command;
  }
  command.insert(command.end(),
                 {"--ledger", directory_ / "ledger", "--shortest-ms",
                  concat(options_.shortest_job_ms), "--longest-ms", concat(options_.longest_job_ms),
                  "--max-jobs", concat(options_.max_jobs_per_bundle)});
  return command;
}

void Cluster::start_worker(int index, const std::string& fault) {
  const std::string name = concat("worker-", index);
  auto environment = environment_of(fault);
  if (!options_.engine.empty()) environment["COX_LOG"] = "info";
  workers_.at(index) =
      Process({worker_command(name), environment, directory_ / (name + ".log"), 0});
}

void Cluster::start_workers() {
  for (int i = 0; i < options_.workers; ++i) start_worker(i);
}

void Cluster::revive() {
  if (!coordinator_.running()) start_coordinator();
  for (int i = 0; i < options_.workers; ++i) {
    if (!workers_[i].running()) start_worker(i);
  }
}

Endpoint Cluster::endpoint() const {
  return {
      .address = address_, .ca_file = options_.tls ? directory_ / kCertificate : "", .token = ""};
}

std::unique_ptr<v1::SweepService::Stub> Cluster::stub() const {
  auto channel = open_channel(endpoint());
  REQUIRE(channel.is_ok());
  return v1::SweepService::NewStub(*channel);
}

v1::SubmitReply Cluster::submit(const std::string& series, int runs, int videos, int first_seed) {
  return submit(sample_plan(series, runs, videos, first_seed));
}

v1::SubmitReply Cluster::submit(sweep::SweepPlan plan) {
  plan.retry.lost = 1'000'000;  // the harness kills more often than life does
  plan.retry.backoff_base_us = kMillisecondUs;
  plan.retry.backoff_max_us = 50 * kMillisecondUs;
  grpc::ClientContext context;
  prepare(context, endpoint(), kCallTime);
  context.set_wait_for_ready(true);
  v1::SubmitReply reply;
  const grpc::Status status = stub()->Submit(&context, service::submit_request_of(plan), &reply);
  INFO(status.error_message() << "\n" << log());
  REQUIRE(status.ok());
  return reply;
}

v1::ProgressReply Cluster::progress() {
  grpc::ClientContext context;
  prepare(context, endpoint(), kCallTime);
  context.set_wait_for_ready(true);
  v1::ProgressReply reply;
  const grpc::Status status = stub()->Progress(&context, v1::ProgressRequest(), &reply);
  INFO(status.error_message() << "\n" << log());
  REQUIRE(status.ok());
  return reply;
}

bool Cluster::wait_until_drained(milliseconds at_most) {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  while (std::chrono::steady_clock::now() < deadline) {
    const v1::ProgressReply reply = progress();
    if (reply.queued() + reply.leased() == 0) return true;
    std::this_thread::sleep_for(kLook);
  }
  return false;
}

bool Cluster::wait_until_done(std::uint64_t jobs, milliseconds at_most) {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  while (std::chrono::steady_clock::now() < deadline) {
    if (progress().done() >= jobs) return true;
    std::this_thread::sleep_for(kLook);
  }
  return false;
}

std::map<std::string, int> Cluster::ledger() const {
  std::map<std::string, int> computed;
  std::ifstream in(directory_ / "ledger");
  for (std::string line; std::getline(in, line);) ++computed[line.substr(0, line.find(' '))];
  return computed;
}

int Cluster::computations() const {
  int count = 0;
  for (const auto& [job, times] : ledger()) count += times;
  return count;
}

std::int64_t Cluster::number(const std::string& sql) const {
  const auto database = store::ReadOnlyDatabase::open(directory_ / "cox.db");
  REQUIRE(database.is_ok());
  const auto table = database->query_table(sql);
  INFO(sql << "\n" << table.status().to_string());
  REQUIRE(table.is_ok());
  REQUIRE(table->rows.size() == 1);
  return std::get<std::int64_t>(table->rows.front().front());
}

void Cluster::require_each_done_once(std::int64_t jobs) const {
  CHECK(number("SELECT count(*) FROM jobs") == jobs);
  CHECK(number("SELECT count(*) FROM jobs WHERE state = 3") == jobs);
  CHECK(number("SELECT count(*) FROM results") == jobs);
  CHECK(number("SELECT count(DISTINCT job_id) FROM results") == jobs);
  // One accepted attempt a job, the result's own, and none still open.
  CHECK(number("SELECT count(*) FROM attempts WHERE outcome = 1") == jobs);
  CHECK(number("SELECT count(*) FROM attempts WHERE outcome = 0") == 0);
  CHECK(number("SELECT count(*) FROM results r JOIN attempts a ON a.job_id = r.job_id AND "
               "a.attempt = r.attempt WHERE a.outcome = 1") == jobs);
}

void Cluster::require_all_done_once(std::int64_t jobs) {
  require_each_done_once(jobs);
  // The number that the executor derives from the job's digest.
  const auto database = store::ReadOnlyDatabase::open(directory_ / "cox.db");
  REQUIRE(database.is_ok());
  const auto rows = database->query_table(
      "SELECT lower(hex(j.digest)), q.mean FROM jobs j JOIN result_metrics q ON q.job_id = j.id "
      "JOIN metrics k ON k.id = q.metric_id AND k.name = 'psnr'");
  REQUIRE(rows.is_ok());
  const std::map<std::string, int> computed = ledger();
  int wrong = 0;
  for (const store::Row& row : rows->rows) {
    const std::string& digest = std::get<std::string>(row[0]);
    const double expected = static_cast<double>(std::stoul(digest.substr(0, 6), nullptr, 16));
    const bool right = std::get<double>(row[1]) == expected && computed.count(digest) > 0;
    wrong += right ? 0 : 1;
  }
  CHECK(wrong == 0);

  coordinator_.kill();
  const auto store = store::Store::open(directory_ / "cox.db");
  REQUIRE(store.is_ok());
  CHECK(store->integrity_check().to_string() == "ok");
}

std::string Cluster::log() const {
  std::string text = read_file(directory_ / "coordinator.log").value();
  for (int i = 0; i < options_.workers; ++i) {
    const auto output = read_file(directory_ / concat("worker-", i, ".log"));
    if (!output.is_ok()) continue;
    constexpr size_t kTail = 2'000;
    const size_t start = output->size() > kTail ? output->size() - kTail : 0;
    text += concat("--- worker-", i, "\n", output->substr(start));
  }
  return text;
}

}  // namespace cox::test
