#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "engine/backbones/published.h"
#include "engine/device/cuda.h"
#include "engine/engine.h"
#include "engine/families/registry.h"
#include "engine/nn/fp8.h"
#include "engine/nn/kernels.h"
#include "engine/parallel/parts.h"
#include "engine/tensors/error.h"
#include "record/limits.h"
#include "tools/check/family_check.h"
#include "tools/check/fp8_check.h"
#include "tools/check/model_check.h"
#include "tools/check/operation_check.h"
#include "tools/check/parts_check.h"
#include "tools/check/sampling_check.h"
#include "tools/verbs/verbs.h"

namespace cox::engine {

namespace {

using Json = nlohmann::ordered_json;

struct CheckDeviceOptions {
  std::string device = "cuda";
  std::string kernels = "fused";
  int threads = 1;
  std::vector<std::string> models;
  int gpus = 1;
  bool small = false;
};

/// The published models to check: `all`, or names.
std::vector<std::string> published_to_check(const std::vector<std::string>& asked,
                                            std::size_t devices) {
  if (!asked.empty() && devices > 1) {
    throw user_error(
        fmt::format("--model checks one device, got {}; leave one of them out", devices));
  }
  if (asked == std::vector<std::string>{"all"}) return published_models();
  for (const std::string& name : asked) published_transformer(name);
  return asked;
}

void append(std::vector<Comparison>& all, const std::vector<Comparison>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

std::vector<Comparison> compare_device(c10::Device device, bool published,
                                       const std::vector<std::string>& models) {
  std::vector<Comparison> comparisons = check_operations(device, small_operation_sizes());
  append(comparisons, check_model(device, small_model_sizes()));
  append(comparisons, check_sampling(device, small_model_sizes()));
  for (const std::string& model : small_checked_models()) {
    append(comparisons, check_family(device, model));
  }
  for (const std::string& model : models) append(comparisons, check_family(device, model));
  if (has_fp8(device)) append(comparisons, check_fp8(device));
  if (!published) return comparisons;
  append(comparisons, check_operations(device, published_operation_sizes()));
  append(comparisons, check_model(device, published_model_sizes()));
  append(comparisons, check_sampling(device, published_model_sizes()));
  return comparisons;
}

/// Several devices against the first of them. Every parameter is trained in the small model only:
/// the answers of the published one would fill the machine's memory.
std::vector<Comparison> compare_parts(const std::vector<c10::Device>& devices, bool published) {
  std::vector<Comparison> comparisons =
      check_parts(devices, small_model_sizes(), /*trains_every_parameter=*/true);
  for (const std::string& model : small_checked_models()) {
    append(comparisons, check_family_parts(devices, model));
  }
  if (!published) return comparisons;
  append(comparisons, check_parts(devices, published_model_sizes(),
                                  /*trains_every_parameter=*/false));
  return comparisons;
}

void check_device(const CheckDeviceOptions& options) {
  const std::vector<c10::Device> devices = parse_devices(options.device, options.gpus);
  const c10::Device device = devices.front();
  const std::vector<std::string> published = published_to_check(options.models, devices.size());
  choose_kernels(parse_kernel_path(options.kernels));
  configure_tensor_library(options.threads, /*deterministic=*/false);
  for (const c10::Device& each : devices) prepare_kernels(each);

  const std::vector<Comparison> comparisons =
      devices.size() == 1 ? compare_device(device, !options.small, published)
                          : compare_parts(devices, !options.small);
  Json json;
  json["device"] = device_name(device);
  json["parts"] = devices.size();
  json["driver"] = driver_version(device);
  json["torch"] = torch_version();
  json["kernels"] = kernel_path_name(kernel_path_on(device));
  json["has_fp8"] = has_fp8(device);
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
  CLI::App* verb = add_verb(
      app, "check-device",
      "Compare a device's kernels with plain formulas and with the CPU, or several devices "
      "that do a job together with one; exit 1 if they differ",
      "cox-engine check-device --device cuda\n"
      "cox-engine check-device --gpus 2");
  auto options = std::make_shared<CheckDeviceOptions>();
  verb->add_option("--device", options->device,
                   "cpu, cuda or cuda:N; several, separated by commas, are checked together");
  verb->add_option("--kernels", options->kernels, "fused or stock");
  verb->add_option("--model", options->models,
                   "Published models of which a few blocks are checked at their width, or all: " +
                       join(published_models(), ", "));
  verb->add_option("--threads", options->threads, "CPU threads for tensor work")
      ->check(whole_number(1, kMaxThreads));
  verb->add_option("--gpus", options->gpus,
                   "Check this many GPUs together, from --device on; a processor is divided")
      ->check(whole_number(1, kMostGpusOfJob));
  verb->add_flag("--small", options->small, "Only at small sizes, without the published ones");
  verb->callback([options] { check_device(*options); });
}

}  // namespace cox::engine
