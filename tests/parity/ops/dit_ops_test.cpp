// cox-engine parity: the built program against the reference's numbers.

#include "tests/parity/ops/parity_call.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::parity;

namespace {

/// A call of loss-grad with the fixture's question, and the trained tensors of one kind.
Call loss_grad(const std::string& kind, std::vector<std::string> parameters) {
  Call call{.op = "loss-grad"};
  for (const std::string name : {"clean", "noise", "sigma", "text_states", "text_mask"}) {
    call.inputs[name] = dit_fixture().at("grad." + name);
  }
  const std::string prefix = "grad." + kind + ".param.";
  for (const auto& [name, tensor] : dit_fixture()) {
    if (name.rfind(prefix, 0) == 0) call.inputs["param." + name.substr(prefix.size())] = tensor;
  }
  call.parameters = std::move(parameters);
  call.parameters.emplace_back("num_cond_latents=2");
  return call;
}

void check_kind(const std::string& kind, const std::vector<std::string>& parameters) {
  INFO(kind);
  const Tensors got = output_of(loss_grad(kind, parameters));
  CHECK(relative_error(got.at("loss"), dit_fixture().at("grad." + kind + ".loss")) < 1e-5);
  const std::string prefix = "grad." + kind + ".grad.";
  size_t compared = 0;
  for (const auto& [name, tensor] : dit_fixture()) {
    if (name.rfind(prefix, 0) != 0) continue;
    INFO(name);
    CHECK(relative_error(got.at("grad." + name.substr(prefix.size())), tensor) < 1e-4);
    ++compared;
  }
  CHECK(compared > 0);
  CHECK(got.size() == compared + 1);
}

}  // namespace

TEST_CASE("cox-engine parity's losses and gradients of every kind agree with the reference") {
  check_kind("delta_global", {"kind=delta_global", "target=clean_minus_noise"});
  check_kind("delta_global_flipped", {"kind=delta_global", "target=noise_minus_clean"});
  check_kind("delta_blocks", {"kind=delta_blocks", "groups=2"});
  check_kind("film_full", {"kind=film_full", "groups=2"});
  check_kind("output_bias", {"kind=output_bias"});
  check_kind("cross_attn_norm", {"kind=cross_attn_norm"});
  check_kind("qk_norm", {"kind=qk_norm"});
  check_kind("lora", {"kind=lora", "rank=2", "alpha=1.5",
                      R"(targets=["attn.qkv","attn.proj","cross_attn.q_linear",)"
                      R"("cross_attn.kv_linear","cross_attn.proj","ffn.w2"])"});
}

TEST_CASE("cox-engine parity's forward passes agree with the reference") {
  Call call{.op = "dit-forward"};
  for (const std::string name : {"latents", "timestep", "text_states", "text_mask"}) {
    call.inputs[name] = dit_fixture().at(name);
  }
  call.inputs["timestep"] = call.inputs["timestep"].clone();
  call.parameters = {"num_cond_latents=0"};
  CHECK(relative_error(output_of(call).at("prediction"),
                       dit_fixture().at("forward.zero_pad.clean0")) < 1e-5);
  call.parameters.emplace_back("config_override.text_tokens_zero_pad=false");
  CHECK(relative_error(output_of(call).at("prediction"),
                       dit_fixture().at("forward.packed.clean0")) < 1e-5);
}

TEST_CASE("cox-engine parity's cached passes agree with the reference in both modes of text") {
  constexpr int64_t kClean = 2;
  const at::Tensor latents = dit_fixture().at("latents"), timestep = dit_fixture().at("timestep");
  Call call{.op = "dit-forward-cached"};
  call.inputs = {{"cond_latents", latents.narrow(0, 0, 1).narrow(2, 0, kClean)},
                 {"latents", latents.narrow(2, kClean, 2)},
                 {"timestep", timestep.narrow(1, kClean, 2)},
                 {"text_states", dit_fixture().at("text_states")},
                 {"text_mask", dit_fixture().at("text_mask")}};
  call.parameters = {"num_cond_latents=2"};
  CHECK(relative_error(output_of(call).at("prediction"),
                       dit_fixture().at("forward.zero_pad.cached")) < 1e-5);
  call.parameters.emplace_back("config_override.text_tokens_zero_pad=false");
  CHECK(relative_error(output_of(call).at("prediction"),
                       dit_fixture().at("forward.packed.cached")) < 1e-5);
}

TEST_CASE("cox-engine parity's guidance has the reference's scale and the formula's prediction") {
  const at::Tensor cond = dit_fixture().at("cfg.cond"), uncond = dit_fixture().at("cfg.uncond");
  Call call{.op = "cfg-zero", .model = ""};
  call.inputs = {{"a.cond", cond}, {"a.uncond", uncond}, {"b.cond", cond}, {"b.uncond", uncond}};
  call.parameters = {R"(guidance={"a":4.0,"b":1.0})"};
  const Tensors got = output_of(call);
  const at::Tensor scale = dit_fixture().at("cfg.scale");
  for (const std::string name : {"a", "b"}) {
    CHECK(relative_error(got.at(name + ".st_star").flatten(), scale) < 1e-6);
  }
  const at::Tensor projected = uncond.to(at::kDouble) * scale.to(at::kDouble);
  CHECK(relative_error(got.at("a.prediction"), projected + 4 * (cond - projected)) < 1e-6);
  CHECK(relative_error(got.at("b.prediction"), cond) < 1e-6);
}

TEST_CASE("cox-engine parity's sampling agrees with the reference") {
  Call call{.op = "generate-latents"};
  call.inputs = {{"cond_latents", dit_fixture().at("sample.condition")},
                 {"noise", dit_fixture().at("sample.noise")},
                 {"text_states", dit_fixture().at("sample.text")},
                 {"text_mask", dit_fixture().at("sample.mask")},
                 {"negative_text_states", dit_fixture().at("sample.negative_text")},
                 {"negative_text_mask", dit_fixture().at("sample.negative_mask")}};
  call.parameters = {"steps=3",          "shift=12.0",    "guidance=4.0",
                     "enhance_hf=false", "distill=false", "use_kv_cache=true"};
  CHECK(relative_error(output_of(call).at("latents"), dit_fixture().at("sample.cached.out")) <
        1e-5);
}

TEST_CASE("cox-engine parity's noise levels agree with the reference") {
  Call call{.op = "sigma-tables"};
  call.model = "";
  call.parameters = {"shift=12.0", R"(tables={"vc50":[50,true,false],"plain50":[50,false,false],)"
                                   R"("distill16":[16,false,true]})"};
  const Tensors got = output_of(call);
  for (const std::string name : {"vc50", "plain50", "distill16"}) {
    INFO(name);
    for (const std::string part : {".sigmas", ".timesteps"}) {
      CHECK(relative_error(got.at(name + part), dit_fixture().at("schedule." + name + part)) <
            1e-7);
    }
  }
}

TEST_CASE("AdamW of cox-engine parity equals torch.optim") {
  const Tensors& stored = fixture("adaptation/optimizers.safetensors");
  Call call{.op = "adamw-given-gradients"};
  call.model = "";
  call.inputs = {{"grads", stored.at("adamw.grads")}, {"param.delta", stored.at("adamw.start")}};
  call.parameters = {"steps=12", "lr=0.01",           "betas=[0.9,0.999]",
                     "eps=1e-8", "weight_decay=0.01", "max_grad_norm=1.0"};
  const Tensors got = output_of(call);
  CHECK(relative_error(got.at("delta.step12"), stored.at("adamw.values")[11]) < 1e-6);
  CHECK(relative_error(got.at("grad_norm"), stored.at("adamw.norms")) < 1e-6);
}

TEST_CASE("ten AdamW steps on the reference's question lower the loss") {
  constexpr int64_t kSteps = 10;
  Call call =
      loss_grad("delta_global", {"kind=delta_global", "steps=10", "lr=0.05", "betas=[0.9,0.999]",
                                 "eps=1e-15", "weight_decay=0.01", "max_grad_norm=1.0"});
  call.op = "adamw-steps";
  call.inputs["noise"] = at::stack(std::vector<at::Tensor>(kSteps, call.inputs["noise"]));
  call.inputs["sigma"] = call.inputs["sigma"].expand({kSteps}).contiguous();
  const Tensors got = output_of(call);
  CHECK(got.at("delta.step10").sizes() ==
        dit_fixture().at("grad.delta_global.param.delta").sizes());
  CHECK(got.at("loss").size(0) == kSteps);
  CHECK(got.at("grad_norm").size(0) == kSteps);
  CHECK(got.at("loss")[kSteps - 1].item<float>() < got.at("loss")[0].item<float>());
}
