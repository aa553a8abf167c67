// cox-test-worker: the product's worker with an executor that only sleeps. Writes each finished
// computation to a ledger of its own, against which the fault tests check the database.

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <ctime>
#include <optional>
#include <random>
#include <thread>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "worker/health.h"
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
    outcome.report.mutable_output()->mutable_timings()->set_alone_s(
        static_cast<double>(outcome.report.finished_us() - outcome.report.started_us()) / 1e6);
    const std::string line = concat(job.job_digest(), ' ', job.attempt(), '\n');
    if (::write(ledger_, line.data(), line.size()) < 0) std::perror("ledger");
    return outcome;
  }
  std::string loaded_model_digest() const override { return ""; }

 private:
  /// A number that depends only on the job.
  static void describe(const v1::LeasedJob& job, const v1::Video& video, v1::JobOutput& output) {
    v1::MetricValue& psnr = *output.add_metrics();
    psnr.set_name("psnr");
    psnr.set_mean(static_cast<double>(std::stoul(job.job_digest().substr(0, 6), nullptr, 16)));
    psnr.add_per_frame(psnr.mean());
    output.set_scored_frames(1);
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
  std::string out;
  std::string spool;
  std::string ledger;
  std::string token_file;
  std::optional<std::int64_t> until;
  std::optional<double> job_time_s;
  std::optional<double> max_idle_s;
  std::string device = "cpu";  ///< taken and ignored
  std::string health;
  int shortest_ms = 1;
  int longest_ms = 20;
  std::uint32_t max_jobs = 8;
};

/// With --out alone it needs no other folder, as cox-worker does not.
void complete(Flags& flags) {
  if (flags.spool.empty()) flags.spool = concat(flags.out, "/spool/", flags.name);
  if (flags.ledger.empty()) flags.ledger = flags.out + "/ledger";
  if (flags.token_file.empty()) return;
  const auto text = read_file(flags.token_file);
  if (text.is_ok()) flags.endpoint.token = token_in(*text, flags.token_file).value();
}

worker::TimeLimit time_limit_of(const Flags& flags) {
  using worker::TimeLimit;
  if (!flags.until) return {};
  const auto seconds = [](double count) {
    return std::chrono::duration_cast<TimeLimit::Duration>(std::chrono::duration<double>(count));
  };
  const TimeLimit::Time now = TimeLimit::Clock::now();
  const auto left = static_cast<double>(*flags.until - std::time(nullptr));
  return {now, now + seconds(left),
          flags.job_time_s ? std::optional(seconds(*flags.job_time_s)) : std::nullopt};
}

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
  options.time_limit = time_limit_of(flags);
  if (flags.max_idle_s) {
    options.max_idle = milliseconds(static_cast<std::int64_t>(*flags.max_idle_s * 1e3));
  }
  options.backoff = {.first = milliseconds(20), .longest = milliseconds(200)};
  SleepingExecutor executor(flags.ledger, flags.shortest_ms, flags.longest_ms);
  worker::Health health(flags.name);
  std::unique_ptr<LoopbackPages> page;
  if (!flags.health.empty()) {
    auto pages = LoopbackPages::start("--health", flags.health,
                                      {{"/health", [&] { return health.page(); }}});
    if (!pages.is_ok()) {
      std::fprintf(stderr, "cox-test-worker: %s\n", pages.status().to_string().c_str());
      return 2;
    }
    page = std::move(pages).value();
  }
  worker::Worker worker(options, *client, executor, *spool, stop, health);
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
  app.add_option("--token-file", flags.token_file);
  app.add_option("--out", flags.out);
  app.add_option("--spool", flags.spool);
  app.add_option("--ledger", flags.ledger);
  app.add_option("--until", flags.until);
  app.add_option("--job-time", flags.job_time_s);
  app.add_option("--max-idle", flags.max_idle_s);
  app.add_option("--device", flags.device);
  app.add_option("--health", flags.health);
  app.add_option("--shortest-ms", flags.shortest_ms);
  app.add_option("--longest-ms", flags.longest_ms);
  app.add_option("--max-jobs", flags.max_jobs);
  CLI11_PARSE(app, argc, argv);
  cox::test::complete(flags);
  return cox::test::run(flags);
}
