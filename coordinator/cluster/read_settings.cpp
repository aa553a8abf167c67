#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/file.h"
#include "base/text.h"
#include "coordinator/cluster/keys.h"
#include "coordinator/cluster/settings.h"
#include "record/limits.h"

namespace cox::cluster {

namespace {

void declare(Keys& keys, Keys& container, SlurmSettings& settings) {
  keys.text("name", settings.name);
  keys.text("partition", settings.partition);
  keys.text("account", settings.account);
  keys.text("qos", settings.qos);
  keys.text("constraint", settings.constraint);
  keys.text("reservation", settings.reservation);
  keys.limit("time", settings.time);
  keys.seconds("margin", 1, settings.margin);
  keys.integer("gpus", 0, kMostGpusOfJob, settings.gpus);
  keys.integer("gpus_per_job", 1, kMostGpusOfJob, settings.gpus_per_job);
  keys.text("gpu_type", settings.gpu_type);
  keys.integer("cpus", 1, 4'096, settings.cpus);
  keys.text("memory", settings.memory);
  keys.integer("min", 0, kMaxTasks, settings.min_tasks);
  keys.integer("max", 1, kMaxTasks, settings.max_tasks);
  keys.flag("requeue", settings.requeue);
  keys.texts("modules", settings.modules);
  keys.texts("setup", settings.setup);
  keys.texts("sbatch", settings.sbatch);
  container.text("image", settings.container.image);
  container.texts("options", settings.container.options);
  keys.map("container", container);
  keys.text("worker", settings.worker);
  keys.texts("worker_options", settings.worker_options);
  keys.text("out", settings.out);
  keys.seconds("max_idle", 0, settings.max_idle);
  keys.text("coordinator", settings.coordinator);
  keys.text("ca_file", settings.ca_file);
  keys.text("token_file", settings.token_file);
}

constexpr std::string_view kWordCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.,:=+@%/&|*[]()";

/// These are written on #SBATCH lines, where Slurm has its own rules for quotes.
Status check_word(const std::string& key, const std::string& value) {
  const std::size_t at = value.find_first_not_of(kWordCharacters);
  if (at == std::string::npos) return Status::ok();
  return invalid_argument(fmt::format("{}: '{}' has a character that cannot be part of it: '{}'",
                                      key, escaped(value), escaped(value.substr(at, 1))));
}

/// These are written into the script, each on one line.
Status check_line(const std::string& key, const std::string& value) {
  if (!first_control_character(value, "\t")) return Status::ok();
  return invalid_argument(fmt::format("{}: expected one line without control characters, got '{}'",
                                      key, escaped(value)));
}

/// Options of sbatch that the script has already, each with the key that changes it; "" = none
/// does. A second one on a later line would win.
constexpr std::pair<std::string_view, std::string_view> kOwnOptions[] = {
    {"--account", "account"},
    {"--array", "max"},
    {"--chdir", ""},
    {"--constraint", "constraint"},
    {"--cpus-per-task", "cpus"},
    {"--exclude", ""},
    {"--gpus", "gpus"},
    {"--gres", "gpus"},
    {"--job-name", "name"},
    {"--mem", "memory"},
    {"--no-requeue", "requeue"},
    {"--nodes", ""},
    {"--ntasks", ""},
    {"--open-mode", ""},
    {"--output", ""},
    {"--partition", "partition"},
    {"--qos", "qos"},
    {"--requeue", "requeue"},
    {"--reservation", "reservation"},
    {"--signal", "margin"},
    {"--time", "time"}};

Status check_option(const std::string& option) {
  COX_RETURN_IF_ERROR(check_word("sbatch", option));
  if (!starts_with(option, "--")) {
    return invalid_argument(
        fmt::format("sbatch: expected an option such as --mail-type=FAIL, got '{}'", option));
  }
  const std::string name = option.substr(0, option.find('='));
  for (const auto& [own, key] : kOwnOptions) {
    if (name != own) continue;
    return invalid_argument(fmt::format(
        "sbatch: {} is an option of every script of cox slurm; {}", name,
        key.empty() ? std::string("leave it out") : fmt::format("set '{}' instead", key)));
  }
  return Status::ok();
}

Status check_texts(const SlurmSettings& settings) {
  const std::vector<std::pair<const char*, const std::string*>> words = {
      {"name", &settings.name},
      {"partition", &settings.partition},
      {"account", &settings.account},
      {"qos", &settings.qos},
      {"constraint", &settings.constraint},
      {"reservation", &settings.reservation},
      {"gpu_type", &settings.gpu_type},
      {"memory", &settings.memory},
      {"out", &settings.out}};
  for (const auto& [key, value] : words) COX_RETURN_IF_ERROR(check_word(key, *value));
  std::vector<std::pair<const char*, std::string>> lines = {
      {"container.image", settings.container.image},
      {"worker", settings.worker},
      {"coordinator", settings.coordinator},
      {"ca_file", settings.ca_file},
      {"token_file", settings.token_file}};
  const auto add = [&](const char* key, const std::vector<std::string>& values) {
    for (const std::string& value : values) lines.emplace_back(key, value);
  };
  add("modules", settings.modules);
  add("setup", settings.setup);
  add("container.options", settings.container.options);
  add("worker_options", settings.worker_options);
  for (const auto& [key, value] : lines) COX_RETURN_IF_ERROR(check_line(key, value));
  for (const std::string& option : settings.sbatch) COX_RETURN_IF_ERROR(check_option(option));
  return Status::ok();
}

}  // namespace

Result<SlurmSettings> read_settings(const std::string& path) {
  SlurmSettings settings;
  sweep::Diagnostics diagnostics;
  Keys keys(diagnostics), container(diagnostics);
  declare(keys, container, settings);
  COX_RETURN_IF_ERROR(read_keys(path, keys, diagnostics));
  return settings;
}

Status check_settings(const SlurmSettings& settings) {
  COX_RETURN_IF_ERROR(check_texts(settings));
  if (settings.name.empty() || settings.name.find('/') != std::string::npos) {
    return invalid_argument(
        fmt::format("name: expected a word without '/', got '{}'", settings.name));
  }
  if (settings.time.count() == 0) {
    return invalid_argument("time: missing; give the wall-clock limit of a task, such as 4:00:00");
  }
  if (settings.usable() <= std::chrono::seconds(0)) {
    return invalid_argument(fmt::format(
        "margin: the time limit of {} s leaves nothing after a margin of {} s; raise 'time' or "
        "lower 'margin'",
        settings.time.count(), settings.margin.count()));
  }
  if (settings.gpus == 0 && !settings.gpu_type.empty()) {
    return invalid_argument(fmt::format("gpu_type: '{}' without 'gpus'", settings.gpu_type));
  }
  if (settings.gpus_per_job > 1 &&
      (settings.gpus == 0 || settings.gpus % settings.gpus_per_job != 0)) {
    return invalid_argument(
        fmt::format("gpus_per_job: expected a divisor of 'gpus' ({}), got {}; a GPU that is left "
                    "over would be idle",
                    settings.gpus, settings.gpus_per_job));
  }
  if (settings.min_tasks > settings.max_tasks) {
    return invalid_argument(fmt::format("min: expected at most max ({}), got {}",
                                        settings.max_tasks, settings.min_tasks));
  }
  return Status::ok();
}

}  // namespace cox::cluster
