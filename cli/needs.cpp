#include "cli/needs.h"

#include <fmt/format.h>

#include "base/text.h"
#include "coordinator/report/print/number.h"
#include "coordinator/sweep/plan_text.h"

namespace cox::cli {

namespace {

std::string worker_text(const report::Worker& worker) {
  const std::string several =
      worker.has.gpus > 1 ? fmt::format("{} x ", worker.has.gpus) : std::string();
  const std::string device = worker.has.gpus > 0
                                 ? fmt::format("{}{} with {}", several, worker.device_name,
                                               report::readable_bytes(worker.has.gpu_memory_bytes))
                                 : "a cpu";
  return fmt::format("{} {} in a machine with {}", worker.name, device,
                     report::readable_bytes(worker.has.memory_bytes));
}

}  // namespace

std::string unmet_needs(const Resources& needs, const std::vector<report::Worker>& workers) {
  std::vector<std::string> texts;
  for (const report::Worker& worker : workers) {
    if (worker.satisfies(needs)) return "";
    texts.push_back(worker_text(worker));
  }
  const std::string wanted = sweep::needs_text(needs);
  if (wanted.empty()) return "";
  return fmt::format("needs {}, workers have: {}", wanted,
                     texts.empty() ? "none is connected" : join(texts, "; "));
}

}  // namespace cox::cli
