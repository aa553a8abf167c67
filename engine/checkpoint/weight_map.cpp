#include "engine/checkpoint/weight_map.h"

#include <fmt/format.h>

#include <ATen/ops/aminmax.h>

#include <cmath>
#include <set>

#include "base/text.h"
#include "engine/tensors/error.h"
#include "engine/tensors/shape.h"

namespace cox::engine {
namespace {

constexpr size_t kNamedDifferences = 3;

void describe(std::string& message, const char* kind, const std::vector<std::string>& found) {
  if (found.empty()) return;
  std::vector<std::string> named(found.begin(),
                                 found.begin() + std::min(found.size(), kNamedDifferences));
  if (found.size() > named.size()) named.push_back("...");
  message += fmt::format("\n  {} {}: {}", found.size(), kind, join(named, ", "));
}

/// Smallest and largest value show a NaN or an infinity anywhere, without a temporary.
void require_finite(const at::Tensor& tensor, const Checkpoint& checkpoint,
                    const std::string& name) {
  if (tensor.numel() == 0) return;
  const auto [low, high] = at::aminmax(tensor);
  if (std::isfinite(low.item<double>()) && std::isfinite(high.item<double>())) return;
  throw user_error(fmt::format("{}: {} holds a value that is not finite; the file is damaged",
                               checkpoint.tensors().at(name).file, name),
                   "weights_not_finite");
}

}  // namespace

at::Tensor load_weight(const Checkpoint& checkpoint, const std::string& name, at::Device device,
                       at::ScalarType dtype) {
  const at::Tensor tensor = checkpoint.load(name, device, dtype);
  require_finite(tensor, checkpoint, name);
  return tensor;
}

void check_finite(const Checkpoint& checkpoint) {
  for (const auto& [name, stored] : checkpoint.tensors()) {
    require_finite(checkpoint.view(name), checkpoint, name);
    checkpoint.release(name);
  }
}

void check_keys(const Checkpoint& checkpoint, const std::vector<ExpectedTensor>& expected,
                const std::string& model) {
  std::vector<std::string> missing, extra, wrong_shape;
  std::set<std::string> known;
  for (const ExpectedTensor& want : expected) {
    known.insert(want.name);
    const auto stored = checkpoint.tensors().find(want.name);
    if (stored == checkpoint.tensors().end()) {
      missing.push_back(want.name);
    } else if (stored->second.shape != want.shape) {
      wrong_shape.push_back(fmt::format("{} (config: {}, file: {})", want.name,
                                        shape_text(want.shape), shape_text(stored->second.shape)));
    }
  }
  for (const auto& [name, stored] : checkpoint.tensors()) {
    if (known.count(name) == 0) extra.push_back(name);
  }
  if (missing.empty() && extra.empty() && wrong_shape.empty()) return;
  std::string message =
      fmt::format("{}: weights do not fit the {} configuration ({} tensors expected, {} found)",
                  checkpoint.path(), model, expected.size(), checkpoint.tensors().size());
  describe(message, "missing", missing);
  describe(message, "extra", extra);
  describe(message, "of wrong shape", wrong_shape);
  throw user_error(message, "weights_mismatch");
}

}  // namespace cox::engine
