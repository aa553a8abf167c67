#include "coordinator/sweep/waiting_sweep.h"

#include <utility>

#include "coordinator/sweep/read_sections.h"
#include "coordinator/sweep/read_sweep.h"
#include "coordinator/sweep/read_value.h"

namespace cox::sweep {

SweepPlan read_waiting_sweep(const Node& root, std::string text, Diagnostics& diagnostics) {
  SweepPlan plan;
  plan.text = std::move(text);
  plan.waits_for = read_text(*root.find("waits_for"), "waits_for", diagnostics).value_or("");
  check_keys(root, sweep_keys(), "a sweep file", diagnostics);
  for (const char* key : {"version", "series", "runs"}) {
    if (root.find(key) == nullptr) {
      diagnostics.error(root.at, std::string("a sweep file that waits needs `") + key + "`");
    }
  }
  if (const Node* series = root.find("series")) read_series(*series, plan.series, diagnostics);
  const Node* runs = root.find("runs");
  if (runs == nullptr) return plan;
  for (const Node& row : runs->items) {
    const Node* id = row.find("id");
    if (id == nullptr) {
      diagnostics.error(row.at, "a run needs an `id`");
    } else if (const auto name = read_text(*id, "id", diagnostics)) {
      plan.waiting_runs.push_back(*name);
    }
  }
  return plan;
}

}  // namespace cox::sweep
