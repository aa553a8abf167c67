#include "coordinator/sweep/import_sweep.h"
#include "tests/fuzz/readers/scratch.h"

namespace cox::fuzz {

/// A sweep file of the older format.
Reader older_sweep_reader() {
  const auto scratch = std::make_shared<Scratch>();
  return {"older_sweep",
          {"method: lora\n", "series: 3\n", "series_name: a\n", "description: b\n", "fixed:\n",
           "sweep:\n", "  - run_id: R1\n", "    LR: 1e-4\n", "num_steps: 5\n", "'1,2,3'",
           "{run_id: R2, max_videos: 30}", "- ", "  ", ": "},
          [scratch](const std::string& input) {
            const auto imported = sweep::import_sweep(scratch->file("older.yaml", input),
                                                      {.manifest = "m.json", .model = "model"});
            require_told(imported.status());
          }};
}

}  // namespace cox::fuzz
