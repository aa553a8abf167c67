#include "coordinator/cluster/batch_script.h"
#include "coordinator/cluster/settings.h"
#include "tests/fuzz/readers/scratch.h"

namespace cox::fuzz {

/// The settings of a cluster, to the script that they mean: what is in them stays in its line.
Reader slurm_settings_reader() {
  const auto scratch = std::make_shared<Scratch>();
  return {"slurm_settings",
          {"name: a\n",
           "partition: gpu\n",
           "account: a\n",
           "time: 4:00:00\n",
           "time: 1-12\n",
           "margin: 60\n",
           "gpus: 4\n",
           "gpus_per_job: 2\n",
           "gpu_type: h200\n",
           "cpus: 8\n",
           "memory: 64G\n",
           "min: 1\n",
           "max: 8\n",
           "requeue: true\n",
           "modules: [cuda]\n",
           "setup: [ulimit -c 0]\n",
           "sbatch: [--mail-type=FAIL]\n",
           "container: {image: a.sif}\n",
           "worker: /opt/cox-worker\n",
           "out: out\n",
           "max_idle: 60\n",
           "coordinator: head:7420\n",
           "\"a\\nb\"",
           "$(x)",
           "`x`",
           "'",
           "\"",
           "#SBATCH"},
          [scratch](const std::string& input) {
            auto settings = cluster::read_settings(scratch->file("slurm.yaml", input));
            require_told(settings.status());
            if (!settings.is_ok()) return;
            const Status status = cluster::check_settings(*settings);
            require_told(status);
            if (!status.is_ok()) return;
            const std::string script = cluster::batch_script(*settings, {});
            const std::string head = script.substr(0, script.find("# Written by"));
            for (std::size_t at = head.find('\n') + 1; at < head.size();
                 at = head.find('\n', at) + 1) {
              require(head.compare(at, 8, "#SBATCH ") == 0,
                      "a line before the script is not an #SBATCH option: " + head);
            }
          }};
}

}  // namespace cox::fuzz
