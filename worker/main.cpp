// cox-worker: leases jobs from a coordinator and runs them in the engine of this process. The only
// program that links both LibTorch and gRPC; no file includes the headers of both.

#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <optional>

#include "base/file.h"
#include "base/log.h"
#include "base/process.h"
#include "cox_version.h"
#include "engine/engine.h"
#include "record/limits.h"
#include "worker/device.h"
#include "worker/engine_executor.h"
#include "worker/health.h"
#include "worker/name.h"
#include "worker/output_folder.h"
#include "worker/signals.h"
#include "worker/spool.h"
#include "worker/state_folder.h"
#include "worker/versions.h"
#include "worker/worker.h"

namespace cox::worker {
namespace {

// Exit statuses that all programs share.
constexpr int kOk = 0;
constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kUnreachable = 4;

constexpr std::int64_t kLongestWaitS = 1'000'000'000;  // 31 years; as milliseconds it fits its type

struct Flags {
  std::string coordinator;
  std::string ca_file;
  std::string token_file;
  Endpoint endpoint;  ///< of these and the environment
  std::string name;
  DeviceChoice choice;
  std::string device;  ///< chosen_devices
  std::string kernels = "fused";
  int threads = 1;
  std::string out = "out";
  std::string spool;
  std::string states;
  double save_every_s = 10;
  std::string log_file;
  std::uint32_t max_jobs = 64;
  bool idle_exit = false;
  std::optional<double> max_idle_s;
  double max_away_s = 3'600;
  std::optional<double> time_limit_s;
  std::optional<std::int64_t> until;  ///< seconds since 1970, UTC
  std::optional<double> job_time_s;
  bool sharing = true;
  bool die_with_parent = false;
  std::string health;  ///< address of the page; "" = none
};

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

std::string not_empty(const std::string& value) {
  return value.empty() ? "expected a value, got an empty string" : "";
}

void declare(CLI::App& app, Flags& flags) {
  app.set_version_flag("--version", std::string("cox-worker ") + COX_BUILD_TEXT);
  app.add_option("--coordinator", flags.coordinator,
                 fmt::format("HOST:PORT of the coordinator (env COX_COORDINATOR; default {})",
                             kDefaultAddress))
      ->check(not_empty);
  app.add_option("--ca-file", flags.ca_file,
                 "CA certificate (PEM) of the coordinator; enables TLS (env COX_CA_FILE)")
      ->check(not_empty);
  app.add_option("--token-file", flags.token_file, "File with the token (env COX_TOKEN: the token)")
      ->check(not_empty);
  app.add_option("--name", flags.name,
                 "Unique name of this worker, the same after a restart (default HOST.DEVICE)");
  app.add_option("--device", flags.choice.wanted,
                 "Where to compute: auto, cpu, cuda or cuda:N; a list computes each job together")
      ->capture_default_str();
  app.add_option("--gpus-per-job", flags.choice.gpus_per_job, "GPUs that compute each job together")
      ->check(CLI::Range(1U, kMostGpusOfJob))
      ->capture_default_str();
  app.add_option("--kernels", flags.kernels,
                 "GPU kernels: fused (the engine's own, compiled at the start) or stock (only "
                 "LibTorch's); results record which")
      ->check(CLI::IsMember({"fused", "stock"}))
      ->capture_default_str();
  app.add_option("--device-slot", flags.choice.slot,
                 "GPU, or set of them, to use when --device names none, modulo their number")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_option("--threads", flags.threads, "CPU threads for tensor work")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--out", flags.out, "Folder for generated and reference videos")
      ->check(not_empty)
      ->capture_default_str();
  app.add_option("--spool", flags.spool,
                 "Folder for results that are not delivered yet (default OUT/spool/NAME)")
      ->check(not_empty);
  app.add_option("--states", flags.states,
                 "Folder for states of adaptations in progress, which a restart continues; workers "
                 "of one machine may share it (default OUT/states)")
      ->check(not_empty);
  app.add_option("--save-every", flags.save_every_s,
                 "Seconds of an adaptation after which its state is saved")
      ->capture_default_str();
  app.add_option("--log-file", flags.log_file, "Append the log to this file (env COX_LOG: level)")
      ->check(not_empty);
  app.add_option("--max-jobs-per-bundle", flags.max_jobs, "Most jobs to lease at once")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_flag("--idle-exit", flags.idle_exit, "Leave as soon as there is no work");
  app.add_option("--max-idle", flags.max_idle_s, "Leave after this many seconds without work");
  app.add_option("--max-away", flags.max_away_s,
                 "Give up after this many seconds without a coordinator")
      ->capture_default_str();
  auto* limit = app.add_option("--time-limit", flags.time_limit_s,
                               "Leave in time, this many seconds after the start at the latest: "
                               "no job begins that would not end before");
  app.add_option("--until", flags.until,
                 "Likewise, as a point in time: seconds since 1970, as `date +%s` prints them")
      ->excludes(limit);
  app.add_option("--job-time", flags.job_time_s,
                 "Seconds that a job is expected to take until one was measured");
  app.add_flag("!--no-sharing", flags.sharing,
               "Compute every job separately, even when others of its bundle do the same work");
  app.add_option("--health", flags.health,
                 "Loopback address for supervisors, which read /health there; port 0 picks one")
      ->type_name("HOST:PORT");
  app.add_flag("--die-with-parent", flags.die_with_parent, "Drain when the parent process dies");
}

/// CLI11's Range accepts nan.
Status check_seconds(const char* option, double seconds) {
  if (seconds >= 0 && seconds <= kLongestWaitS) return Status::ok();
  return invalid_argument(fmt::format("{}: expected a number of seconds from 0 to {}, got {}",
                                      option, kLongestWaitS, seconds));
}

/// Turns --until into the seconds that are left.
Status complete_time_limit(Flags& flags) {
  if (flags.job_time_s) COX_RETURN_IF_ERROR(check_seconds("--job-time", *flags.job_time_s));
  if (flags.until) {
    const std::int64_t now = std::time(nullptr);
    if (*flags.until <= now) {
      return invalid_argument(fmt::format(
          "--until: expected a time in the future, got {}; now it is {}", *flags.until, now));
    }
    flags.time_limit_s = static_cast<double>(*flags.until - now);
  }
  return flags.time_limit_s ? check_seconds("--time-limit", *flags.time_limit_s) : Status::ok();
}

TimeLimit time_limit_of(const Flags& flags) {
  using std::chrono::duration;
  using std::chrono::duration_cast;
  if (!flags.time_limit_s) return {};
  const auto steady = [](double seconds) {
    return duration_cast<TimeLimit::Duration>(duration<double>(seconds));
  };
  const TimeLimit::Time now = TimeLimit::Clock::now();
  return {now, now + steady(*flags.time_limit_s),
          flags.job_time_s ? std::optional(steady(*flags.job_time_s)) : std::nullopt};
}

Status complete(Flags& flags) {
  COX_RETURN_IF_ERROR(complete_time_limit(flags));
  if (flags.max_idle_s) COX_RETURN_IF_ERROR(check_seconds("--max-idle", *flags.max_idle_s));
  COX_RETURN_IF_ERROR(check_seconds("--max-away", flags.max_away_s));
  COX_RETURN_IF_ERROR(check_seconds("--save-every", flags.save_every_s));
  if (!flags.health.empty()) {
    COX_RETURN_IF_ERROR(LoopbackPages::check("--health", flags.health));
  }
  COX_ASSIGN_OR_RETURN(flags.device, chosen_devices(flags.choice, engine::gpu_count()));
  if (flags.name.empty()) {
    const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
    flags.name = default_name(host_name(), flags.device, visible != nullptr ? visible : "");
  }
  COX_RETURN_IF_ERROR(check_name(flags.name));
  flags.out = std::filesystem::absolute(flags.out).lexically_normal().string();
  if (flags.spool.empty()) flags.spool = fmt::format("{}/spool/{}", flags.out, flags.name);
  if (flags.states.empty()) flags.states = fmt::format("{}/states", flags.out);
  flags.endpoint = endpoint_from(flags.coordinator, flags.ca_file);
  if (!flags.token_file.empty()) {
    flags.endpoint.token_source = fmt::format("token file '{}'", flags.token_file);
    COX_ASSIGN_OR_RETURN(const std::string text, read_file(flags.token_file));
    COX_ASSIGN_OR_RETURN(flags.endpoint.token, token_in(text, flags.endpoint.token_source));
  }
  return Status::ok();
}

WorkerOptions options_of(const Flags& flags, const TimeLimit& limit,
                         const engine::DeviceFacts& device) {
  using std::chrono::milliseconds;
  WorkerOptions options;
  options.identity = versioned_identity();
  options.identity.set_name(flags.name);
  options.identity.set_machine(host_name());
  options.identity.set_pid(::getpid());
  options.identity.set_device(device.gpus > 0 ? "cuda" : "cpu");
  options.identity.set_gpus(static_cast<std::uint32_t>(device.gpus));
  options.identity.set_device_name(device.name);
  options.identity.set_device_memory_bytes(device.gpu_memory_bytes);
  options.identity.set_memory_bytes(device.machine_memory_bytes);
  options.identity.set_engine_build(engine::engine_build());
  options.max_jobs_per_bundle = flags.max_jobs;
  if (flags.idle_exit) options.max_idle = milliseconds(0);
  if (flags.max_idle_s) {
    options.max_idle = milliseconds(static_cast<std::int64_t>(*flags.max_idle_s * 1e3));
  }
  options.max_away = milliseconds(static_cast<std::int64_t>(flags.max_away_s * 1e3));
  options.time_limit = limit;
  return options;
}

int fail(const Status& status, int exit_status) {
  std::fprintf(stderr, "cox-worker: %s\n", status.message().c_str());
  return exit_status;
}

int exit_status_of(const Result<WorkerEnd>& end) {
  if (!end.is_ok()) {
    return fail(end.status(), is_unreachable(end.status()) ? kUnreachable : kFailed);
  }
  switch (end->kind) {
    case EndKind::kMissingInput:
      return fail(
          failed_precondition(fmt::format("left: this machine cannot run a job: {}", end->reason)),
          kMissingInputExitStatus);
    case EndKind::kPoisoned:
      return fail(
          unavailable(fmt::format("left: this process cannot run another job: {}", end->reason)),
          kPoisonedExitStatus);
    case EndKind::kOutOfTime:
      log(LogLevel::kInfo, "worker", "leaving", {{"reason", end->reason}});
      break;
    case EndKind::kDrained:
    case EndKind::kIdle:
      break;
  }
  return kOk;
}

/// The page of --health; nullptr without.
Result<std::unique_ptr<LoopbackPages>> serve_health(const Flags& flags, const Health& health) {
  if (flags.health.empty()) return std::unique_ptr<LoopbackPages>();
  COX_ASSIGN_OR_RETURN(auto pages,
                       LoopbackPages::start("--health", flags.health,
                                            {{"/health", [&health] { return health.page(); }}}));
  log(LogLevel::kInfo, "worker", "serving health", {{"at", pages->address() + "/health"}});
  return pages;
}

int run(Flags& flags) {
  StopSwitch stop;
  const SignalWatcher signals(stop);
  // SIGTERM drains: the job in flight is finished and spooled even after `cox run` was killed.
  if (flags.die_with_parent) {
    const pid_t parent = ::getppid();
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) stop.drain();
  }
  if (const Status status = complete(flags); !status.is_ok()) return fail(status, kUsage);
  const TimeLimit limit = time_limit_of(flags);
  if (process_environment("COX_LOG").empty()) set_log_level(LogLevel::kInfo);
  if (!flags.log_file.empty()) set_log_file(flags.log_file);
  if (const Status status = check_writable(flags.out); !status.is_ok()) {
    return fail(status, kUsage);
  }

  Health health(flags.name);
  const auto page = serve_health(flags, health);
  if (!page.is_ok()) return fail(page.status(), kUsage);
  Result<Client> client = Client::open(flags.endpoint);
  if (!client.is_ok()) return fail(client.status(), kUsage);
  Result<Spool> spool = Spool::open(flags.spool);
  if (!spool.is_ok()) return fail(spool.status(), kFailed);
  StateFolder states(flags.states);
  Result<std::unique_ptr<engine::Engine>> engine =
      engine::Engine::create({.device = flags.device,
                              .threads = flags.threads,
                              .deterministic = true,
                              .kernels = flags.kernels,
                              .sharing = flags.sharing,
                              .states = &states,
                              .save_every_s = flags.save_every_s});
  if (!engine.is_ok()) return fail(engine.status(), kUsage);
  log(LogLevel::kInfo, "worker", "engine ready",
      {{"device", (*engine)->device().name}, {"kernels", flags.kernels}});
  const WorkerOptions options = options_of(flags, limit, (*engine)->device());
  EngineExecutor executor(std::move(*engine), flags.out, flags.log_file);
  Worker worker(options, *client, executor, *spool, stop, health);
  return exit_status_of(worker.run());
}

}  // namespace
}  // namespace cox::worker

int main(int argc, char** argv) {
  cox::prepare_process();
  cox::worker::Flags flags;
  CLI::App app("Leases jobs from a coordinator and runs them on this machine's CPU or GPU.");
  cox::worker::declare(app, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int status = app.exit(error);
    return status == 0 ? 0 : cox::worker::kUsage;
  }
  return cox::worker::run(flags);
}
