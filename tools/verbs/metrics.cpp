#include <fmt/format.h>

#include "engine/metrics/metric.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "engine/checkpoint/safetensors.h"
#include "engine/device/cuda.h"
#include "engine/stages/decode.h"
#include "engine/tensors/error.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"
#include "engine/video/decode.h"
#include "tools/verbs/verbs.h"

namespace cox::engine {

namespace {

struct MetricsOptions {
  std::string reference;
  std::string generated;
  std::vector<std::string> metrics = {"psnr", "ssim"};
  MetricWeightOptions weights;
  std::string prompt;
  double frame_rate = 0;  ///< 0 = that of the generated video
  std::string device = "cpu";
};

/// Frames [F, 3, H, W] fp32 in [0, 1], and how many a second are shown; 0 when the file says
/// nothing.
struct ReadFrames {
  at::Tensor frames;
  double rate = 0;
};

[[noreturn]] void throw_fault(const video::VideoFault& fault) {
  throw EngineError(FailureCause::kData, fault.message, video::fault_name(fault.kind));
}

ReadFrames frames_of_video(const std::string& path) {
  const video::ProbeOutcome probed = video::probe_video(path);
  if (const auto* fault = std::get_if<video::VideoFault>(&probed)) throw_fault(*fault);
  const auto& facts = std::get<video::VideoFacts>(probed);
  if (!facts.damage.empty()) {
    throw_fault({video::FaultKind::kPartialDecode,
                 fmt::format("'{}' is damaged after {} frames: {}; expected a whole video", path,
                             facts.frames, facts.damage)});
  }
  const video::ClipOutcome decoded =
      video::decode_clip(path, {0, facts.frames, 1}, video::ColorRule::kTagged);
  if (const auto* fault = std::get_if<video::VideoFault>(&decoded)) throw_fault(*fault);
  const auto& clip = std::get<video::Clip>(decoded);
  SourceFrames source;
  source.frames = clip.frames;
  return {source.unit_frames({0, facts.frames}), clip.facts.average_rate.value()};
}

/// The only tensor of a file, bytes [F, H, W, 3] or numbers in [0, 1] [F, 3, H, W].
at::Tensor frames_of_tensor(const std::string& path) {
  const auto tensors = Checkpoint::open(path).load_all();
  if (tensors.size() != 1) {
    throw user_error(fmt::format("{}: expected one tensor of frames, got {}", path, tensors.size()),
                     "tensor");
  }
  const at::Tensor& frames = tensors.begin()->second;
  const bool bytes = frames.scalar_type() == at::kByte;
  const bool typed = bytes || frames.is_floating_point();
  if (!typed || frames.dim() != 4 || frames.size(bytes ? 3 : 1) != 3 || frames.numel() == 0) {
    throw user_error(
        fmt::format(
            "{}: expected uint8 [F, H, W, 3] or floats [F, 3, H, W], none of them 0, got {} {}",
            path, c10::toString(frames.scalar_type()), shape_text(frames.sizes())),
        "tensor");
  }
  const bool inside = bytes || frames.ge(0).logical_and(frames.le(1)).all().item<bool>();
  if (!inside) {
    throw user_error(
        fmt::format("{}: expected values in [0, 1], got values outside it or NaN", path), "tensor");
  }
  return bytes ? frames.to(at::kFloat).div(255).permute({0, 3, 1, 2}).contiguous()
               : frames.to(at::kFloat);
}

ReadFrames read_frames(const std::string& path) {
  if (ends_with(path, ".safetensors")) return {frames_of_tensor(path)};
  return frames_of_video(path);
}

void print_metrics(const MetricsOptions& options) {
  const c10::Device device = parse_device(options.device);
  configure_tensor_library(/*threads=*/1, /*deterministic=*/true);
  const at::Tensor reference = read_frames(options.reference).frames.to(device);
  const ReadFrames read = read_frames(options.generated);
  const at::Tensor generated = read.frames.to(device);
  const ClipFacts facts{options.prompt, options.frame_rate > 0 ? options.frame_rate : read.rate};
  nlohmann::ordered_json json;
  json["frames"] = generated.size(0);
  const std::map<std::string, std::string> weights = options.weights.files();
  for (const std::string& name : options.metrics) {
    const auto file = weights.find(name);
    const auto metric = make_metric(name, {file == weights.end() ? "" : file->second, device});
    const MetricValue value = measure(*metric, generated, metric->prepare_clip(reference, facts));
    if (metric->scope() == MetricScope::kSet) {
      json[value.name] = {{"features", value.features}};
    } else {
      json[value.name] = {{"mean", value.mean}, {"per_frame", value.per_frame}};
    }
  }
  print_json(json);
}

}  // namespace

void add_metrics_verb(CLI::App& app) {
  CLI::App* verb = add_verb(app, "metrics", "Score one video against another, frame by frame",
                            "cox-engine metrics --reference a.mkv --generated b.mkv "
                            "--metric psnr --metric ssim");
  auto options = std::make_shared<MetricsOptions>();
  reads_file(
      verb->add_option("--reference", options->reference, "Video, or safetensors with one tensor"))
      ->required();
  reads_file(
      verb->add_option("--generated", options->generated, "Video, or safetensors with one tensor"))
      ->required();
  verb->add_option("--metric", options->metrics, "Of " + join(metric_names(), ", "));
  options->weights.add_to(*verb);
  verb->add_option("--prompt", options->prompt, "Prompt, for metrics that compare frames with it");
  verb->add_option(
          "--frame-rate", options->frame_rate,
          "Frames per second, for metrics that require it (default: that of the generated video)")
      ->check(CLI::PositiveNumber);
  verb->add_option("--device", options->device, "cpu, cuda or cuda:N");
  verb->callback([options] { print_metrics(*options); });
}

}  // namespace cox::engine
