// Inputs that the parity ops of CogVideoX and Open-Sora reject, each with one message.

#include "tests/parity/ops/parity_call.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::parity;
using Catch::Matchers::Contains;

namespace {

const std::string kCogVideoX = kFixtures + "/cogvideox";
const std::string kOpenSora = kFixtures + "/open_sora";

Call joint_call(const std::string& family, const std::string& op, const std::string& model) {
  return {.op = op,
          .model = (family == "cogvideox" ? kCogVideoX : kOpenSora) + "/" + model,
          .options = {"--backbone", family}};
}

Call cogvideox_forward(const std::string& model) {
  Call call = joint_call("cogvideox", "dit-forward", model);
  call.inputs = {{"latents", at::ones({1, 4, 2, 8, 12})},
                 {"timestep", at::full({1}, 500, at::kLong)},
                 {"text_states", at::ones({1, 5, 20})}};
  return call;
}

Call cogvideox_loss(const std::string& kind) {
  Call call = joint_call("cogvideox", "loss-grad", "5b");
  call.inputs = {{"clean", at::ones({1, 4, 2, 8, 12})},
                 {"noise", at::zeros({1, 4, 2, 8, 12})},
                 {"timestep", at::full({1}, 500, at::kLong)},
                 {"text_states", at::ones({1, 5, 20})}};
  call.parameters = {"kind=" + kind, "num_cond_latents=0"};
  return call;
}

Call open_sora_forward() {
  Call call = joint_call("open-sora", "dit-forward", "published");
  call.inputs = {{"latents", at::ones({1, 4, 1, 4, 4})},
                 {"timestep", at::full({1}, 0.5)},
                 {"text_states", at::ones({1, 5, 20})},
                 {"text_pooled", at::ones({1, 12})},
                 {"cond", at::zeros({1, 5, 1, 4, 4})}};
  return call;
}

}  // namespace

TEST_CASE("CogVideoX refuses inputs for another model") {
  Call call = cogvideox_forward("5b");
  call.inputs["cond"] = at::ones({1, 4, 2, 8, 12});
  CHECK_THAT(refusal(call), Contains("no condition channels"));
  CHECK_THAT(refusal(cogvideox_forward("5b-i2v")), Contains("condition: expected shape"));
  call = cogvideox_forward("5b");
  call.inputs["text_states"] = at::ones({1, 4, 20});
  CHECK_THAT(refusal(call), Contains("text states: expected shape [1, 1, 5, 20]"));
  call = cogvideox_forward("5b");
  call.inputs["timestep"] = at::full({1}, 500.0);
  CHECK_THAT(refusal(call), Contains("timestep: expected dtype Long"));
  call = cogvideox_forward("5b-i2v");
  call.inputs["latents"] = at::ones({1, 4, 2, 8, 8});
  call.inputs["cond"] = at::ones({1, 4, 2, 8, 8});
  CHECK_THAT(refusal(call), Contains("learned positions are for 8 x 12"));
}

TEST_CASE("a transformer of another family is refused, naming its class") {
  Call call = cogvideox_forward("5b");
  call.parameters = {R"(config_override._class_name="WanTransformer3DModel")"};
  CHECK_THAT(refusal(call), Contains("expected CogVideoXTransformer3DModel, got Wan"));
  call = open_sora_forward();
  call.model = kCogVideoX + "/5b";
  CHECK_THAT(refusal(call), Contains("expected MMDiTModel, got CogVideoX"));
}

TEST_CASE("kinds that CogVideoX and Open-Sora lack are refused") {
  CHECK_THAT(refusal(cogvideox_loss("cross_attn_norm")), Contains("none of the norms"));
  CHECK_THAT(refusal(cogvideox_loss("delta")), Contains("expected delta_global"));
  Call call = joint_call("open-sora", "loss-grad", "published");
  for (const std::string kind : {"cross_attn_norm", "adaln_affine"}) {
    call.parameters = {"kind=" + kind};
    CHECK_THAT(refusal(call), Contains("none of the norms"));
  }
}

TEST_CASE("inputs that do not fit are refused, naming tensor and parameter") {
  Call call = cogvideox_loss("output_bias");
  CHECK_THAT(refusal(call), Contains("param.bias"));
  call.inputs["param.bias"] = at::zeros({4});
  call.inputs["timestep"] = at::full({1}, 1000, at::kLong);
  CHECK_THAT(refusal(call), Contains("timestep: expected 0 to 999, got 1000"));
  call.inputs["timestep"] = at::full({1}, 999, at::kLong);
  call.parameters = {"kind=output_bias", "num_cond_latents=2"};
  CHECK_THAT(refusal(call), Contains("expected 0 to 1 frames"));
  call.parameters = {"kind=output_bias", "loss_frames=all"};
  CHECK_THAT(refusal(call), Contains("loss_frames"));
  call = cogvideox_loss("lora");
  call.parameters = {"kind=lora", "rank=2", "alpha=1", R"(targets=["attn1.to_q"])"};
  call.inputs["param.transformer_blocks.0.attn1.to_q.A"] = at::zeros({2, 32});
  CHECK_THAT(refusal(call), Contains("param.transformer_blocks.0.attn1.to_q.B"));
  call = cogvideox_loss("delta_blocks");
  call.parameters = {"kind=delta_blocks", "groups=2"};
  call.inputs["param.delta"] = at::zeros({3, 24});
  CHECK_THAT(refusal(call), Contains("param.delta: expected shape [24], got [36]"));
}

TEST_CASE("Open-Sora requires all of its inputs") {
  for (const std::string name : {"text_pooled", "cond", "text_states"}) {
    Call call = open_sora_forward();
    call.inputs.erase(name);
    CHECK_THAT(refusal(call), Contains("expected input tensor " + name));
  }
  Call call = open_sora_forward();
  call.inputs["guidance"] = at::ones({1});
  CHECK_THAT(refusal(call), Contains("not distilled"));
  call = open_sora_forward();
  call.model = kOpenSora + "/fused";
  CHECK_THAT(refusal(call), Contains("guidance: expected shape [1]"));
}

TEST_CASE("unknown text encoders and solvers are refused with the known names") {
  Call call = joint_call("cogvideox", "text-encode", "coders");
  call.inputs = {{"input_ids", at::ones({1, 3}, at::kLong)}};
  call.parameters = {"encoder=clip"};
  CHECK_THAT(refusal(call), Contains("expected t5, got clip"));
  call = joint_call("open-sora", "text-encode", "coders");
  call.inputs = {{"input_ids", at::ones({1, 3}, at::kLong)}};
  call.parameters = {"encoder=umt5"};
  CHECK_THAT(refusal(call), Contains("expected t5 or clip, got umt5"));
  call = joint_call("cogvideox", "solver-steps", "5b");
  call.inputs = {{"latents", at::ones({1, 4})}, {"model_output", at::ones({3, 1, 4})}};
  call.parameters = {"solver=unipc", "steps=3"};
  CHECK_THAT(refusal(call), Contains("expected ddim or dpm, got unipc"));
  call.parameters = {"solver=dpm", "steps=3"};
  CHECK_THAT(refusal(call), Contains("noise"));
  call.parameters = {"solver=ddim", "steps=4"};
  CHECK_THAT(refusal(call), Contains("model_output: expected shape [4, 1, 4]"));
  call.parameters = {"solver=ddim", "steps=0"};
  CHECK_THAT(refusal(call), Contains("model_output: expected shape [0, 1, 4]"));
}
