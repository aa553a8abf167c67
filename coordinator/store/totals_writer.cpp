#include <optional>
#include <string_view>

#include "coordinator/store/writer.h"

namespace cox::store {

namespace {

/// The mean of a metric, absent when the result does not have it; SQLite makes NULL of what is not
/// finite.
std::optional<double> mean_of(const core::JobResult& result, std::string_view name) {
  std::optional<double> mean;
  for (const core::JobResult::Metric& metric : result.metrics) {
    if (metric.name == name) mean = metric.mean;
  }
  return mean;
}

}  // namespace

Status Writer::add_to_totals(const core::SaveResult& save, std::int64_t environment,
                             bool all_finite) {
  const core::JobResult& r = save.result;
  for (const core::DatasetNumber dataset : save.datasets) {
    COX_RETURN_IF_ERROR(totals_.run(
        save.run, dataset, environment, !all_finite, mean_of(r, "psnr"), mean_of(r, "ssim"),
        mean_of(r, "lpips"), mean_of(r, "lpips_random_trunk"), r.timings.train_s,
        r.timings.early_stop_s, r.timings.generate_s, r.timings.total_s));
  }
  return Status::ok();
}

Status Writer::write_totals(const core::SaveTotals& save) {
  COX_RETURN_IF_ERROR(clear_totals_.run(save.run, save.dataset));
  return count_totals_.run(save.run, save.dataset);
}

}  // namespace cox::store
