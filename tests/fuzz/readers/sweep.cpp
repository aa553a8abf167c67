#include "coordinator/sweep/load_sweep.h"
#include "coordinator/sweep/plan_json.h"
#include "tests/fuzz/readers/scratch.h"

namespace cox::fuzz {

/// A sweep file from its YAML to the runs that it means, without the files that it names.
Reader sweep_reader() {
  const auto scratch = std::make_shared<Scratch>();
  return {"sweep",
          {"version: 1\n",
           "series: {name: a}\n",
           "extends: sweep.yaml\n",
           "method: full\n",
           "method: {name: lora, lr: 1e-4}\n",
           "matrix:\n  steps: [1, 2]\n",
           "zip: {lr: [1, 2]}\n",
           "sample: {count: 3, lr: {log: [1e-5, 1e-3]}}\n",
           "runs:\n  - {id: a}\n",
           "include: [{steps: 3}]\n",
           "exclude: [{steps: 1}]\n",
           "derive: {x: steps * 2}\n",
           "check: [steps > 0]\n",
           "when: steps == 1\n",
           "name: '{method}-{steps}'\n",
           "replicates: 3\n",
           "from_best: {series: a, metric: psnr}\n",
           "baseline: a\n",
           "replicate: adasteer-2026\n",
           "retry: {lost: 1}\n",
           "policy: {max_gpu_hours: 1}\n",
           "resources: {time: 60}\n",
           "priority: 3\n",
           "params: {height: 96}\n",
           "steps",
           "lr",
           "early_stop.patience",
           "seed",
           "  ",
           "- ",
           "{",
           "}",
           "[1, 2, 3]",
           ": "},
          [scratch](const std::string& input) {
            const std::string path = scratch->file("sweep.yaml", input);
            const auto plan = sweep::load_sweep_without_inputs(path);
            require_told(plan.status());
            if (!plan.is_ok()) return;
            const auto again = sweep::load_sweep_without_inputs(path);
            require(again.is_ok(), "the same file is refused at the second reading");
            require(sweep::plan_json(*again) == sweep::plan_json(*plan),
                    "the same file means other runs at the second reading");
          }};
}

}  // namespace cox::fuzz
