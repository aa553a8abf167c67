#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "engine/device/cuda.h"
#include "engine/engine.h"
#include "engine/nn/fp8.h"
#include "engine/nn/kernels.h"
#include "engine/tensors/error.h"
#include "tools/check/fp8_check.h"
#include "tools/check/model_check.h"
#include "tools/check/operation_check.h"
#include "tools/check/sampling_check.h"
#include "tools/verbs/verbs.h"

namespace cox::engine {

namespace {

using Json = nlohmann::ordered_json;

struct CheckDeviceOptions {
  std::string device = "cuda";
  std::string kernels = "fused";
  int threads = 1;
};

void append(std::vector<Comparison>& all, const std::vector<Comparison>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

void check_device(const CheckDeviceOptions& options) {
  const c10::Device device = parse_device(options.device);
  choose_kernels(parse_kernel_path(options.kernels));
  configure_tensor_library(options.threads, /*deterministic=*/false);
  prepare_kernels(device);

  std::vector<Comparison> comparisons;
  for (const OperationSizes& sizes : {small_operation_sizes(), published_operation_sizes()}) {
    append(comparisons, check_operations(device, sizes));
  }
  for (const ModelSizes& sizes : {small_model_sizes(), published_model_sizes()}) {
    append(comparisons, check_model(device, sizes));
    append(comparisons, check_sampling(device, sizes));
  }
  const bool in_fp8 = has_fp8(device);
  if (in_fp8) append(comparisons, check_fp8(device));
  Json json;
  json["device"] = device_name(device);
  json["driver"] = driver_version(device);
  json["torch"] = torch_version();
  json["kernels"] = kernel_path_name(kernel_path_on(device));
  json["has_fp8"] = in_fp8;
  std::vector<std::string> failed;
  for (const Comparison& comparison : comparisons) {
    json["comparisons"].push_back({{"what", comparison.what},
                                   {"distance", comparison.distance},
                                   {"bound", comparison.bound},
                                   {"holds", comparison.holds()}});
    if (!comparison.holds()) failed.push_back(comparison.what);
  }
  json["passed"] = comparisons.size() - failed.size();
  json["failed"] = failed.size();
  print_json(json);
  if (failed.empty()) return;
  throw EngineError(FailureCause::kCrash,
                    fmt::format("check-device: {} of {} comparisons exceed their bound: {}; do not "
                                "trust results of this device",
                                failed.size(), comparisons.size(), join(failed, ", ")));
}

}  // namespace

void add_check_device_verb(CLI::App& app) {
  CLI::App* verb =
      add_verb(app, "check-device",
               "Compare a device's kernels with plain formulas and with the CPU; exit 1 if they "
               "differ",
               "cox-engine check-device --device cuda");
  auto options = std::make_shared<CheckDeviceOptions>();
  verb->add_option("--device", options->device, "cpu, cuda or cuda:N");
  verb->add_option("--kernels", options->kernels, "fused or stock");
  verb->add_option("--threads", options->threads, "CPU threads for tensor work")
      ->check(whole_number(1, kMaxThreads));
  verb->callback([options] { check_device(*options); });
}

}  // namespace cox::engine
