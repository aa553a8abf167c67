#include <nlohmann/json.hpp>

#include "base/text.h"
#include "engine/checkpoint/safetensors.h"
#include "engine/device/cuda.h"
#include "engine/stages/decode.h"
#include "engine/tensors/torch.h"
#include "engine/text/text_encoder.h"
#include "engine/vae/wan_vae.h"
#include "tools/verbs/verbs.h"

namespace cox::engine {

namespace {

/// Pixels on a side of a latent; some families have more.
constexpr std::int64_t kLeastLatentPixels = 8;

struct EncodeOptions {
  std::string model;
  std::string video;
  JobPlan plan;
  std::string prompt;
  std::string dtype = "fp32";
  std::string device = "cpu";
  std::string output;
};

void encode_video(const EncodeOptions& options) {
  require_model_directory(options.model);
  const at::NoGradGuard no_grad;
  const c10::Device device = parse_device(options.device);
  configure_tensor_library(/*threads=*/1, /*deterministic=*/true);
  const at::ScalarType dtype = scalar_type(parse_precision(options.dtype));
  SourceCache cache(1);
  const auto source = decode_source(options.plan, options.video, cache);
  const auto vae = WanVae::load(options.model + "/vae", dtype, device);
  const EncodedVideo encoded = vae->encode(source->pixels(options.plan.decoded));
  const auto text_encoder = TextEncoder::load(options.model, dtype, device);
  const EncodedPrompt prompt = text_encoder->encode(options.prompt);
  const auto host = [](const at::Tensor& tensor) { return tensor.to(at::kCPU).contiguous(); };
  save_safetensors(options.output, {{"mean", host(encoded.posterior.mean)},
                                    {"logvar", host(encoded.posterior.logvar)},
                                    {"latents", host(vae->normalize(encoded.posterior.mean))},
                                    {"text_states", host(prompt.text.states)},
                                    {"text_mask", host(prompt.text.mask)}});
  print_json({{"encoded_frames", encoded.encoded_frames},
              {"dropped_frames", encoded.dropped_frames},
              {"latents", encoded.posterior.mean.sizes().vec()},
              {"dropped_tokens", prompt.dropped_tokens},
              {"output", options.output}});
}

}  // namespace

void add_encode_verb(CLI::App& app) {
  CLI::App* verb = add_verb(app, "encode", "Encode frames of a video and a prompt to tensors",
                            "cox-engine encode --model out/model --video clip.mp4 --first 0 "
                            "--frames 13 --height 96 --width 160 --output latents.safetensors");
  auto options = std::make_shared<EncodeOptions>();
  verb->add_option("--model", options->model, "Model directory")->required();
  reads_file(verb->add_option("--video", options->video, "Video file"))->required();
  verb->add_option("--first", options->plan.decoded.first, "Index of the first frame")
      ->check(whole_number(0, kMaxFrames));
  verb->add_option("--frames", options->plan.decoded.count, "Number of frames")
      ->required()
      ->default_str("")
      ->check(whole_number(1, kMaxFrames));
  verb->add_option("--height", options->plan.run.height, "Pixels, a multiple of 8")
      ->required()
      ->default_str("")
      ->check(whole_number(kLeastLatentPixels, kMaxSide, kLeastLatentPixels));
  verb->add_option("--width", options->plan.run.width, "Pixels, a multiple of 8")
      ->required()
      ->default_str("")
      ->check(whole_number(kLeastLatentPixels, kMaxSide, kLeastLatentPixels));
  verb->add_option("--prompt", options->prompt, "Caption");
  verb->add_option("--dtype", options->dtype, "fp32 or bf16");
  verb->add_option("--device", options->device, "cpu, cuda or cuda:N");
  verb->add_option("--output", options->output, "Safetensors file to write")
      ->required()
      ->check(output_file());
  verb->callback([options] { encode_video(*options); });
}

}  // namespace cox::engine
