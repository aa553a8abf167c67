#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "engine/checkpoint/safetensors.h"
#include "engine/device/cuda.h"
#include "engine/stages/write.h"
#include "engine/tensors/error.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"
#include "engine/vae/wan_vae.h"
#include "engine/video/write.h"
#include "tools/verbs/verbs.h"

namespace cox::engine {

namespace {

struct DecodeOptions {
  std::string model;
  std::string input;
  std::string tensor = "latents";
  std::string dtype = "fp32";
  std::string device = "cpu";
  std::string output;
};

at::Tensor read_latents(const DecodeOptions& options, const VaeConfig& config) {
  const at::Tensor latents = Checkpoint::open(options.input).load(options.tensor);
  const auto refuse = [&](const std::string& expected, const std::string& got) {
    throw user_error(
        fmt::format("{}: {}: expected {}, got {}", options.input, options.tensor, expected, got),
        "tensor");
  };
  const bool latent_shape =
      latents.dim() == 5 && latents.size(0) == 1 && latents.size(1) == config.z_dim;
  if (!latent_shape || latents.numel() == 0 || !latents.is_floating_point()) {
    refuse(fmt::format("floats [1, {}, T, h, w], none of them 0", config.z_dim),
           fmt::format("{} {}", c10::toString(latents.scalar_type()), shape_text(latents.sizes())));
  }
  const std::int64_t finite = latents.isfinite().sum().item<std::int64_t>();
  if (finite != latents.numel()) {
    refuse("finite values", fmt::format("{} that are NaN or infinite", latents.numel() - finite));
  }
  return latents;
}

void decode_video(const DecodeOptions& options) {
  require_model_directory(options.model);
  const at::NoGradGuard no_grad;
  const c10::Device device = parse_device(options.device);
  configure_tensor_library(/*threads=*/1, /*deterministic=*/true);
  const at::ScalarType dtype = scalar_type(parse_precision(options.dtype));
  const auto vae = WanVae::load(options.model + "/vae", dtype, device);
  const at::Tensor latents = read_latents(options, vae->config()).to(device, dtype);
  const at::Tensor pixels = vae->decode(vae->denormalize(latents));
  const at::Tensor frames = pixels.to(at::kFloat).mul(0.5).add(0.5).clamp(0, 1);
  const auto images = rounded_images(frames.squeeze(0).permute({1, 0, 2, 3}));
  const Status written = video::write_video(options.output, images, {});
  if (!written.is_ok()) throw EngineError(FailureCause::kCrash, written.message(), "video_write");
  print_json({{"frames", images.size()}, {"output", options.output}});
}

}  // namespace

void add_decode_verb(CLI::App& app) {
  CLI::App* verb = add_verb(app, "decode", "Decode normalized latents to a lossless video",
                            "cox-engine decode --model out/model --input latents.safetensors "
                            "--output frames.mkv");
  auto options = std::make_shared<DecodeOptions>();
  verb->add_option("--model", options->model, "Model directory")->required();
  reads_file(verb->add_option("--input", options->input, "Safetensors file with [1, C, T, h, w]"))
      ->required();
  verb->add_option("--tensor", options->tensor, "Name of the tensor in the file");
  verb->add_option("--dtype", options->dtype, "fp32 or bf16");
  verb->add_option("--device", options->device, "cpu, cuda or cuda:N");
  verb->add_option("--output", options->output, "Matroska file to write")
      ->required()
      ->check(output_file());
  verb->callback([options] { decode_video(*options); });
}

}  // namespace cox::engine
