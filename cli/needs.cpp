#include "cli/needs.h"

#include <fmt/format.h>

#include "base/text.h"
#include "coordinator/report/print/number.h"
#include "coordinator/sweep/plan_text.h"

namespace cox::cli {

namespace {

std::string worker_text(const report::Worker& worker) {
  const std::string device = worker.gpus > 0
                                 ? fmt::format("{} with {}", worker.device_name,
                                               report::readable_bytes(worker.gpu_memory_bytes))
                                 : "a cpu";
  return fmt::format("{} {} in a machine with {}", worker.name, device,
                     report::readable_bytes(worker.memory_bytes));
}

}  // namespace

std::string unmet_needs(const report::Needs& needs, const std::vector<report::Worker>& workers) {
  std::vector<std::string> texts;
  for (const report::Worker& worker : workers) {
    if (worker.satisfies(needs)) return "";
    texts.push_back(worker_text(worker));
  }
  const std::string wanted = sweep::needs_text(
      {static_cast<std::uint32_t>(needs.gpus), needs.gpu_memory_bytes, needs.memory_bytes});
  if (wanted.empty()) return "";
  return fmt::format("needs {}, workers have: {}", wanted,
                     texts.empty() ? "none is connected" : join(texts, "; "));
}

}  // namespace cox::cli
