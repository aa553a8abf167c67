#include "coordinator/cluster/batch_script.h"

#include <fmt/format.h>

#include "base/text.h"
#include "coordinator/cluster/devices.h"
#include "coordinator/cluster/shell.h"
#include "coordinator/cluster/time_text.h"

namespace cox::cluster {

namespace {

std::string option(const char* name, const std::string& value) {
  return value.empty() ? "" : fmt::format("#SBATCH --{}={}\n", name, value);
}

std::string gres(const SlurmSettings& settings) {
  if (settings.gpus == 0) return "";
  const std::string kind = settings.gpu_type.empty() ? "gpu" : "gpu:" + settings.gpu_type;
  return fmt::format("{}:{}", kind, settings.gpus);
}

std::string options(const SlurmSettings& settings, const ArrayRequest& array) {
  std::string text = option("job-name", settings.job_name());
  text += option("array", fmt::format("0-{}%{}", array.tasks - 1, array.at_once));
  text += option("partition", settings.partition);
  text += option("account", settings.account);
  text += option("qos", settings.qos);
  text += option("constraint", settings.constraint);
  text += option("reservation", settings.reservation);
  text += option("time", time_limit_text(settings.time));
  text += option("nodes", "1");
  text += option("ntasks", "1");
  text += option("cpus-per-task", fmt::to_string(settings.cpus));
  text += option("gres", gres(settings));
  text += option("mem", settings.memory);
  text += settings.requeue ? "#SBATCH --requeue\n" : "#SBATCH --no-requeue\n";
  text += option("signal", fmt::format("B:USR1@{}", settings.margin.count()));
  text += option("exclude", join(array.excluded_nodes, ","));
  text += option("chdir", settings.folder());
  text += option("output", "logs/%A_%a.log");
  text += option("open-mode", "append");
  for (const std::string& further : settings.sbatch) text += fmt::format("#SBATCH {}\n", further);
  return text;
}

/// The words of one worker's command line; the shell completes name, device and end.
std::string worker_line(const SlurmSettings& settings, const ArrayRequest& array) {
  std::vector<std::string> words;
  if (!settings.container.image.empty()) {
    words = {"apptainer", "exec"};
    words.insert(words.end(), settings.container.options.begin(), settings.container.options.end());
    words.push_back(settings.container.image);
  }
  const std::vector<std::string> worker = worker_words(
      settings,
      {{"--out", settings.out},
       {"--max-idle", fmt::to_string(settings.max_idle.count())},
       {"--device", settings.gpus == 0 ? "cpu" : ""},
       {"--job-time", array.longest_job ? fmt::to_string(array.longest_job->count()) : ""}});
  words.insert(words.end(), worker.begin(), worker.end());
  std::string text = shell_line(words);
  text += R"( --name "$name" --until "$until")";
  if (settings.gpus > 0) text += R"( --device "${devices[$1]}")";
  return text;
}

std::string preparation(const SlurmSettings& settings) {
  std::string text;
  if (!settings.modules.empty()) {
    text += "source /etc/profile  # defines `module`\n";
    text += fmt::format("module load {}\n", shell_line(settings.modules));
  }
  for (const std::string& line : settings.setup) text += line + "\n";
  return text;
}

constexpr const char* kNotes = R"sh(task="${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
try="$task.${SLURM_RESTART_COUNT:-0}"
began=$(date +%s)
note() {
  printf '%s\n' "node ${SLURMD_NODENAME:-$(hostname)}" "began $began" "$@" >"tasks/.$try" &&
    mv "tasks/.$try" "tasks/$try"
}
note
)sh";

/// USR1 is the warning before the limit: of SIGTERM, Slurm would log that the task was cancelled.
constexpr const char* kStart = R"sh(workers=()
signaled=
trap 'signaled=yes; kill -TERM "${workers[@]}" 2>/dev/null' TERM USR1
)sh";

/// A signal ends bash's `wait` early: it waits again, and 127 then means that the worker had ended.
constexpr const char* kWait = R"sh(worst=0
for worker in "${workers[@]}"; do
  code=127
  while :; do
    signaled=
    wait "$worker"
    new=$?
    [ "$new" = 127 ] || code=$new
    [ -n "$signaled" ] || break
  done
  [ "$code" -le "$worst" ] || worst=$code
done
note "ended $(date +%s)" "exit $worst"
exit "$worst"
)sh";

}  // namespace

std::string batch_script(const SlurmSettings& settings, const ArrayRequest& array) {
  std::string text = "#!/bin/bash\n" + options(settings, array);
  text += "# Written by `cox slurm`: change its settings instead.\n";
  text += "unset COX_COORDINATOR COX_CA_FILE COX_TOKEN COX_DB\n";
  text += kNotes;
  text += fmt::format("until=$((${{SLURM_JOB_END_TIME:-$((began + {}))}} - {}))\n",
                      settings.time.count(), settings.margin.count());
  text += preparation(settings);
  text += kStart;
  if (settings.gpus > 0) {
    text += fmt::format("devices=({})\n",
                        join(devices_of_workers(settings.gpus, settings.gpus_per_job), " "));
  }
  text += fmt::format("start() {{\n  local name={}\"-$task-$1\"\n  {} &\n  workers+=($!)\n}}\n",
                      shell_quoted(settings.name), worker_line(settings, array));
  text += fmt::format("for ((i = 0; i < {}; ++i)); do start \"$i\"; done\n",
                      settings.workers_per_task());
  return text + kWait;
}

}  // namespace cox::cluster
