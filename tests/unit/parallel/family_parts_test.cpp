// Transformers of the other families whose tokens, heads and guidance branches are spread over
// parts, beside the whole ones; and STAS on every family.

#include <catch2/catch.hpp>

#include "engine/adaptation/method.h"
#include "engine/backbones/branch_split.h"
#include "engine/backbones/published.h"
#include "engine/diffusion/flow_sampler.h"
#include "engine/diffusion/joint_samplers.h"
#include "engine/diffusion/sampler.h"
#include "tests/support/schema_defaults.h"
#include "tests/unit/parallel/whole_model.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;

namespace {

constexpr int64_t kText = 5, kTextChannels = 20, kPooled = 12, kFrames = 3;
constexpr int kParts[] = {1, 2, 3, 4};

using Sizes = std::map<std::string, std::string>;

/// A small transformer of a family, and what a pass of it takes besides latents and text.
struct Small {
  std::string family;
  std::string published;
  Sizes sizes;
  bool time_per_frame = false;
  bool pooled = false;
  int64_t condition_channels = 0;
};

const Sizes kWanSizes = {{"num_attention_heads", "3"},
                         {"attention_head_dim", "12"},
                         {"in_channels", "4"},
                         {"out_channels", "4"},
                         {"text_dim", "20"},
                         {"freq_dim", "8"},
                         {"ffn_dim", "40"},
                         {"num_layers", "2"}};

/// 3 heads, which 2 and 4 parts do not divide, and 6 tokens of a frame, which 4 do not divide.
const Small kSmall[] = {
    {"wan2.1", "wan2.1-t2v-1.3b", kWanSizes},
    {"wan2.2", "wan2.2-ti2v-5b", kWanSizes,
     /*time_per_frame=*/true},
    {"cogvideox",
     "cogvideox-5b",
     {{"num_attention_heads", "3"},
      {"attention_head_dim", "16"},
      {"in_channels", "4"},
      {"out_channels", "4"},
      {"time_embed_dim", "24"},
      {"text_embed_dim", "20"},
      {"num_layers", "2"},
      {"max_text_seq_length", "5"}}},
    {"cogvideox",
     "cogvideox-5b-i2v",  // with learned positions
     {{"num_attention_heads", "3"},
      {"attention_head_dim", "16"},
      {"in_channels", "8"},
      {"out_channels", "4"},
      {"time_embed_dim", "24"},
      {"text_embed_dim", "20"},
      {"num_layers", "2"},
      {"sample_height", "4"},
      {"sample_width", "6"},
      {"sample_frames", "9"},
      {"max_text_seq_length", "5"}},
     /*time_per_frame=*/false,
     /*pooled=*/false,
     /*condition_channels=*/4},
    {"open-sora",
     "open-sora-2.0",
     {{"in_channels", "16"},
      {"vec_in_dim", "12"},
      {"context_in_dim", "20"},
      {"hidden_size", "48"},
      {"num_heads", "3"},
      {"depth", "2"},
      {"depth_single_blocks", "2"},
      {"axes_dim", "[4, 6, 6]"}},
     /*time_per_frame=*/false,
     /*pooled=*/true,
     /*condition_channels=*/5},
};

std::unique_ptr<Backbone> model_of(const Small& small) {
  JsonConfig config = published_part(small.published, "transformer");
  for (const auto& [key, value] : small.sizes) config = config.with_override(key, value);
  return random_backbone({small.family, at::kCPU, Precision::kFp32}, config, 7);
}

TextStates text_of(const Small& small, uint64_t number) {
  TextStates text;
  text.states = draw({1, 1, kText, kTextChannels}, number);
  if (small.pooled) text.pooled = draw({1, kPooled}, number + 1);
  return text;
}

BackboneInput input_of(const Small& small) {
  BackboneInput input;
  input.latents = draw({1, 4, kFrames, 4, 6}, 1);
  input.timestep = at::full({1, small.time_per_frame ? kFrames : 1}, 640, at::kFloat);
  input.text = text_of(small, 2);
  if (small.condition_channels > 0) {
    input.channel_condition = draw({1, small.condition_channels, kFrames, 4, 6}, 4);
  }
  return input;
}

/// A sample under guidance, as the family makes it.
at::Tensor sample(const Small& small, const Backbone& backbone, const Adapter& adapter,
                  int64_t known) {
  const at::Tensor noise = draw({1, 4, kFrames, 4, 6}, 11);
  const at::Tensor first = draw({1, 4, known, 4, 6}, 12);
  const TextStates text = text_of(small, 13), negative = text_of(small, 15);
  if (small.family == "cogvideox") {
    const auto schedule = CogVideoXSchedule::from_json(published_part("cogvideox-5b", "scheduler"));
    const at::Tensor condition =
        small.condition_channels > 0 ? draw(noise.sizes(), 14) : at::Tensor();
    return sample_cogvideox(backbone, adapter, schedule,
                            {noise, first, condition, text, negative, {}},
                            {.steps = 2, .guidance = 3});
  }
  if (small.family == "open-sora") {
    OpenSoraGuidance guidance;
    guidance.text = 3;
    return sample_open_sora(backbone, adapter,
                            {noise, known > 0 ? first : at::Tensor(), text, negative}, guidance, 2);
  }
  FlowSampleInput input;
  input.noise = noise;
  input.prefix = first;
  input.text = text;
  input.negative_text = negative;
  FlowSamplerOptions options;
  options.steps = 2;
  options.guidance = 3;
  options.prefix = small.time_per_frame ? FlowPrefix::kSplice : FlowPrefix::kReplace;
  return sample_flow(backbone, adapter, input, options);
}

int64_t branches_of(const Small& small, int64_t known) { return small.pooled && known > 0 ? 3 : 2; }

std::unique_ptr<Adaptation> stas(Backbone& backbone, const std::string& branch) {
  Parameters parameters = own_defaults("stas");
  parameters["first_frame"] = true;
  parameters["top_k"] = 2;
  parameters["branch"] = branch;
  ParameterReader reader(parameters);
  const VideoRandom random{7, 0, "clip"};
  return find_method("stas").make(reader, {backbone, random, at::kFloat});
}

}  // namespace

TEST_CASE("every family over parts: a forward pass is that of the whole model") {
  for (const Small& small : kSmall) {
    const at::NoGradGuard no_grad;
    const at::Tensor whole = model_of(small)->forward(input_of(small), Adapter());
    for (const int parts : kParts) {
      INFO(small.published << ", " << parts << " parts");
      check_forward(
          parts, [&] { return model_of(small); }, input_of(small), whole);
    }
  }
}

TEST_CASE("every family over parts: gradients of every parameter add up to those of the whole") {
  for (const Small& small : kSmall) {
    for (const int parts : {2, 4}) {
      INFO(small.published << ", " << parts << " parts");
      check_gradients(
          parts, [&] { return model_of(small); }, input_of(small),
          /*recompute=*/parts == 4);
    }
  }
}

TEST_CASE("every family over parts: a sample with guidance is that of the whole model") {
  for (const Small& small : kSmall) {
    for (const int64_t known : {0, 1}) {
      if (known == 0 && small.family != "open-sora") continue;
      const at::Tensor whole = sample(small, *model_of(small), Adapter(), known);
      for (const int count : kParts) {
        INFO(small.published << ", " << known << " known frames, " << count << " parts");
        Parts parts(std::vector<at::Device>(static_cast<size_t>(count), at::kCPU));
        const auto all = on_parts<at::Tensor>(parts, [&](PartGroups groups) {
          const auto part = model_of(small);
          part->set_group(groups.all);
          const SamplingParts sampling(*part, groups, Adapter(), branches_of(small, known));
          return sample(small, sampling.backbone(), Adapter(), known);
        });
        check_equal(all, whole, 5 * kTolerance);  // guidance 3 weighs 3 and -2
      }
    }
  }
}

TEST_CASE("STAS over parts compares all tokens, and all branches if it chooses over them") {
  for (const Small& small : kSmall) {
    for (const char* branch : {"both", "prompt"}) {
      const auto plain = model_of(small);
      const at::Tensor without = sample(small, *plain, Adapter(), 1);
      const at::Tensor whole = sample(small, *plain, stas(*plain, branch)->adapter(), 1);
      CHECK(relative_error(whole, without) > 100 * kTolerance);
      for (const int count : kParts) {
        INFO(small.published << ", branch " << branch << ", " << count << " parts");
        Parts parts(std::vector<at::Device>(static_cast<size_t>(count), at::kCPU));
        const auto all = on_parts<at::Tensor>(parts, [&](PartGroups groups) {
          const auto part = model_of(small);
          part->set_group(groups.all);
          const auto method = stas(*part, branch);
          const SamplingParts sampling(*part, groups, method->adapter(), branches_of(small, 1));
          return sample(small, sampling.backbone(), method->adapter(), 1);
        });
        check_equal(all, whole, 5 * kTolerance);
      }
    }
  }
}
