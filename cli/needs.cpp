#include "cli/needs.h"

#include <vector>

#include "base/text.h"
#include "cli/output/number.h"
#include "coordinator/sweep/present.h"

namespace cox::cli {

namespace {

/// A worker as `SELECT worker, gpus, device_name, gpu_memory_bytes, memory_bytes` has it.
std::string worker_text(const std::vector<Cell>& row) {
  const auto number = [&](size_t column) { return std::get<std::int64_t>(row[column]); };
  std::string text = concat(readable_cell("", row[0]), ' ');
  if (number(1) > 0) {
    text += concat(readable_cell("", row[2]), " with ", readable_bytes(number(3)));
  } else {
    text += "a cpu";
  }
  return concat(text, " in a machine with ", readable_bytes(number(4)));
}

}  // namespace

Result<std::string> unmet_needs(ResultSource& source, const Resources& needs,
                                const std::string& workers) {
  COX_ASSIGN_OR_RETURN(
      const Rows here,
      source.query(concat("SELECT worker, gpus, device_name, gpu_memory_bytes, memory_bytes,"
                          " gpus >= ",
                          needs.gpus, " AND gpu_memory_bytes >= ", needs.gpu_memory_bytes,
                          " AND memory_bytes >= ", needs.memory_bytes, " FROM v_workers WHERE ",
                          workers, " ORDER BY worker")));
  std::vector<std::string> texts;
  for (const auto& row : here.cells) {
    if (std::get<std::int64_t>(row[5]) == 1) return std::string();
    texts.push_back(worker_text(row));
  }
  const std::string wanted = sweep::needs_text(needs);
  if (wanted.empty()) return std::string();
  return concat("needs ", wanted,
                ", workers have: ", texts.empty() ? "none is here" : join(texts, "; "));
}

}  // namespace cox::cli
