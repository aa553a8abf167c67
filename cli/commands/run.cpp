#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/local/local_run.h"
#include "cli/options.h"
#include "cli/sources/best_finder.h"
#include "record/limits.h"

namespace cox::cli {

namespace {

constexpr int kMaxWorkers = 256;

class Run final : public Command {
 public:
  CommandText text() const override {
    return {
        .name = "run",
        .summary =
            "Run sweep files on this machine until all jobs are finished; the same command resumes",
        .examples =
            "cox run sweeps/demo.yaml\n"
            "cox run sweeps/demo.yaml --workers 2 --db study.db --out study\n"
            "cox run sweeps/study/*.yaml --workers 2 --device cuda:0,cuda:1"};
  }

  void declare(CLI::App& app) override {
    specs_.declare(app);
    app.add_option("--workers", options_.workers, "Worker processes")
        ->check(CLI::Range(1, kMaxWorkers).description(""))
        ->type_name("N")
        ->capture_default_str();
    app.add_option(
           "--device", device_,
           "auto, cpu, cuda or cuda:N; a list is assigned round-robin; auto and cuda spread the "
           "workers over the GPUs")
        ->check(device_check)
        ->type_name("DEVICE")
        ->capture_default_str();
    app.add_option("--gpus-per-job", options_.gpus_per_job,
                   "GPUs that compute each job together; a list of devices is divided in order")
        ->check(CLI::Range(1U, kMostGpusOfJob).description(""))
        ->type_name("N")
        ->capture_default_str();
    app.add_option("--db", options_.database,
                   "Database file, created when missing (env COX_DB; default OUT/cox.db)")
        ->envname("COX_DB")
        ->check(not_empty)
        ->type_name("FILE");
    app.add_option("--out", options_.output_directory, "Folder for videos, logs and the database")
        ->check(not_empty)
        ->capture_default_str()
        ->type_name("DIR");
    app.add_flag("!--no-sharing", options_.sharing,
                 "Compute every job separately; results are bit-identical");
    options_.events.declare(app);
  }

  Result<ExitCode> run(Session& session) override {
    if (options_.database.empty()) options_.database = options_.output_directory + "/cox.db";
    COX_RETURN_IF_ERROR(check_database_name(options_.database));
    COX_ASSIGN_OR_RETURN(options_.devices, device_sets(split(device_, ','), options_.gpus_per_job));
    const auto here = [&]() -> Result<Source> { return Source{options_.database, {}}; };
    COX_ASSIGN_OR_RETURN(const auto plans, specs_.load(best_finder(here)));
    return run_locally(session, plans, options_);
  }

 private:
  /// One entry for each worker in turn. Devices that have a number are taken `count` at a time.
  static Result<std::vector<std::string>> device_sets(const std::vector<std::string>& devices,
                                                      unsigned count) {
    if (devices.size() == 1 || count == 1) return devices;
    if (devices.size() % count != 0) {
      return invalid_argument(fmt::format("--gpus-per-job {}: {} devices are not a multiple of it",
                                          count, devices.size()));
    }
    std::vector<std::string> sets;
    for (auto first = devices.begin(); first != devices.end(); first += count) {
      sets.push_back(join({first, first + count}, ","));
    }
    return sets;
  }

  static std::string device_check(const std::string& devices) {
    for (const std::string& device : split(devices, ',')) {
      const bool numbered = starts_with(device, "cuda:") && device.size() > 5 &&
                            device.find_first_not_of("0123456789", 5) == std::string::npos;
      if (device != "auto" && device != "cpu" && device != "cuda" && !numbered) {
        return fmt::format("unknown device '{}': expected auto, cpu, cuda or cuda:N", device);
      }
    }
    return "";
  }

  SpecOptions specs_;
  LocalRunOptions options_{
      .database = "", .output_directory = kDefaultOutput, .devices = {}, .workers = 1};
  std::string device_ = "auto";
};

}  // namespace

CommandPtr make_run() { return std::make_unique<Run>(); }

}  // namespace cox::cli
