// cox-test-worker: the product's worker with an executor that only sleeps. Writes each finished
// computation to a ledger of its own, against which the fault tests check the database.

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <random>
#include <thread>

#include "base/clock.h"
#include "base/text.h"
#include "worker/signals.h"
#include "worker/spool.h"
#include "worker/versions.h"
#include "worker/worker.h"

namespace cox::test {
namespace {

using std::chrono::milliseconds;

class SleepingExecutor final : public worker::Executor {
 public:
  SleepingExecutor(const std::string& ledger, int shortest_ms, int longest_ms)
      : ledger_(::open(ledger.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)),
        sleep_(shortest_ms, longest_ms) {}

  Outcome run(const v1::LeasedJob& job, const v1::Video& video, const worker::CancelToken& cancel,
              worker::ProgressListener& progress) override {
    Outcome outcome;
    v1::JobProgress where;
    where.set_job_digest(job.job_digest());
    where.set_stage("sleep");
    progress.on_progress(where);
    outcome.report.set_started_us(clock_.now_us());
    const auto end = std::chrono::steady_clock::now() + milliseconds(sleep_(random_));
    while (std::chrono::steady_clock::now() < end && !cancel.cancelled()) {
      std::this_thread::sleep_for(milliseconds(1));
    }
    outcome.cancelled = cancel.cancelled();
    if (outcome.cancelled) return outcome;
    outcome.report.set_finished_us(clock_.now_us());
    describe(job, video, *outcome.report.mutable_output());
    const std::string line = concat(job.job_digest(), ' ', job.attempt(), '\n');
    if (::write(ledger_, line.data(), line.size()) < 0) std::perror("ledger");
    return outcome;
  }
  std::string loaded_model_digest() const override { return ""; }

 private:
  /// A number that depends on the job alone.
  static void describe(const v1::LeasedJob& job, const v1::Video& video, v1::JobOutput& output) {
    v1::MetricValue& psnr = *output.add_metrics();
    psnr.set_name("psnr");
    psnr.set_mean(static_cast<double>(std::stoul(job.job_digest().substr(0, 6), nullptr, 16)));
    psnr.add_per_frame(psnr.mean());
    output.set_scored_frames(1);
    output.mutable_timings()->set_alone_s(0.01);
    output.mutable_provenance()->set_machine("test");
    output.mutable_provenance()->set_device("cpu");
    output.mutable_provenance()->set_dtype("fp32");
    output.mutable_provenance()->set_video_digest(video.digest());
    output.mutable_provenance()->set_model_digest(job.run().model().digest());
  }

  int ledger_;
  std::mt19937_64 random_{std::random_device()()};
  std::uniform_int_distribution<int> sleep_;
  SystemClock clock_;
};

struct Flags {
  Endpoint endpoint;
  std::string name = "worker";
  std::string spool;
  std::string ledger;
  int shortest_ms = 1;
  int longest_ms = 20;
  std::uint32_t max_jobs = 8;
};

int run(const Flags& flags) {
  worker::StopSwitch stop;
  const worker::SignalWatcher signals(stop);
  auto client = worker::Client::open(flags.endpoint, milliseconds(3'000));
  auto spool = worker::Spool::open(flags.spool);
  if (!client.is_ok() || !spool.is_ok()) {
    std::fprintf(stderr, "cox-test-worker: %s\n", spool.status().to_string().c_str());
    return 2;
  }
  worker::WorkerOptions options;
  options.identity = worker::versioned_identity();
  options.identity.set_name(flags.name);
  options.identity.set_pid(::getpid());
  options.identity.set_device("cpu");
  options.max_jobs_per_bundle = flags.max_jobs;
  options.lease_wait = milliseconds(500);
  options.max_away = milliseconds(60'000);
  options.backoff = {.first = milliseconds(20), .longest = milliseconds(200)};
  SleepingExecutor executor(flags.ledger, flags.shortest_ms, flags.longest_ms);
  worker::Worker worker(options, *client, executor, *spool, stop);
  const auto end = worker.run();
  if (end.is_ok()) return 0;
  std::fprintf(stderr, "cox-test-worker: %s\n", end.status().to_string().c_str());
  return 1;
}

}  // namespace
}  // namespace cox::test

int main(int argc, char** argv) {
  cox::test::Flags flags;
  CLI::App app("A worker that sleeps instead of computing.");
  app.add_option("--coordinator", flags.endpoint.address)->required();
  app.add_option("--ca-file", flags.endpoint.ca_file);
  app.add_option("--name", flags.name);
  app.add_option("--spool", flags.spool)->required();
  app.add_option("--ledger", flags.ledger)->required();
  app.add_option("--shortest-ms", flags.shortest_ms);
  app.add_option("--longest-ms", flags.longest_ms);
  app.add_option("--max-jobs", flags.max_jobs);
  CLI11_PARSE(app, argc, argv);
  return cox::test::run(flags);
}
