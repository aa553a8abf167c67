#include <ATen/ops/tensor.h>

#include "engine/metrics/metric.h"
#include "engine/tensors/shape.h"
#include "tools/parity/parity_job.h"

namespace cox::engine {

namespace {

/// [F, H, W, 3] bytes -> [F, 3, H, W] in [0, 1].
at::Tensor unit_frames(const ParityJob& job, const std::string& name) {
  const at::Tensor bytes = job.whole_tensor(name, at::kByte);
  check_shape(bytes, {kAny, kAny, kAny, 3}, name);
  return bytes.to(at::kFloat).div(255).permute({0, 3, 1, 2}).contiguous();
}

}  // namespace

void parity_frame_metrics(ParityJob& job) {
  const at::Tensor generated = unit_frames(job, job.param<std::string>("generated"));
  const at::Tensor reference = unit_frames(job, job.param<std::string>("reference"));
  const nlohmann::json wanted = job.param<nlohmann::json>("metrics");
  const auto names = wanted.is_string() ? std::vector<std::string>{wanted.get<std::string>()}
                                        : job.param<std::vector<std::string>>("metrics");
  for (const std::string& name : names) {
    const auto& weights = job.request().metric_weights;
    const auto file = weights.find(name);
    const auto metric =
        make_metric(name, {file == weights.end() ? "" : file->second, job.request().device});
    const MetricValue value = measure(*metric, generated, metric->prepare(reference));
    job.set_output(name, at::tensor(value.per_frame, at::kDouble));
  }
}

}  // namespace cox::engine
