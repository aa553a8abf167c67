#include "tests/parity/ops/parity_call.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::parity;
using Catch::Contains;

namespace {

Call loss_call() {
  Call call{.op = "loss-grad"};
  for (const std::string name : {"clean", "noise", "sigma", "text_states", "text_mask"}) {
    call.inputs[name] = dit_fixture().at("grad." + name);
  }
  call.inputs["param.bias"] = dit_fixture().at("grad.output_bias.param.bias");
  call.parameters = {"kind=output_bias", "num_cond_latents=2"};
  return call;
}

/// The refusal of `call` with one input replaced.
std::string with_input(Call call, const std::string& name, const at::Tensor& tensor) {
  call.inputs[name] = tensor;
  return refusal(call);
}

/// The refusal of `call` with its parameters replaced.
std::string with_parameters(Call call, std::vector<std::string> parameters) {
  call.parameters = std::move(parameters);
  return refusal(call);
}

}  // namespace

TEST_CASE("cox-engine parity names unknown ops and what it knows") {
  CHECK_THAT(refusal({.op = "dit-backward", .model = ""}),
             Contains("dit-backward") && Contains("dit-forward-cached") && Contains("umt5-encode"));
}

TEST_CASE("cox-engine parity names missing, unread and mistyped parameters") {
  CHECK_THAT(with_parameters(forward_call(), {}), Contains("num_cond_latents"));
  CHECK_THAT(with_parameters(forward_call(), {"num_cond_latents=2", "stray=1"}),
             Contains("stray") && Contains("does not read"));
  CHECK_THAT(with_parameters(forward_call(), {"num_cond_latents=1.5"}),
             Contains("num_cond_latents") && Contains("expected an integer") && Contains("1.5"));
  CHECK_THAT(with_parameters(forward_call(), {"num_cond_latents=4"}),
             Contains("at least one of 4 latent frames"));
  CHECK_THAT(with_parameters(forward_call(), {"num_cond_latents"}), Contains("KEY=JSON"));
  CHECK_THAT(with_parameters(forward_call(), {"num_cond_latents=2", "config_override.hidden=3"}),
             Contains("hidden"));
  CHECK_THAT(with_parameters(loss_call(), {"kind=bias", "num_cond_latents=2"}),
             Contains("output_bias") && Contains("got bias"));
  CHECK_THAT(with_parameters(loss_call(), {"kind=output_bias", "num_cond_latents=4"}),
             Contains("num_cond_latents") && Contains("0 to 3"));
  CHECK_THAT(refusal({.op = "sigma-tables",
                      .parameters = {"shift=12.0", R"(tables={"a":[51,false,true]})"},
                      .model = ""}),
             Contains("50") && Contains("51"));
}

TEST_CASE("cox-engine parity names missing tensors and those of the wrong dtype or shape") {
  Call missing = forward_call();
  missing.inputs.erase("timestep");
  CHECK_THAT(refusal(missing), Contains("timestep") && Contains("latents, text_mask"));

  CHECK_THAT(with_input(forward_call(), "latents", at::zeros({2, 4, 4, 4, 6}, at::kLong)),
             Contains("latents") && Contains("floating-point") && Contains("Long"));
  CHECK_THAT(with_input(forward_call(), "text_mask", at::ones({2, 5})),
             Contains("text_mask") && Contains("Long") && Contains("Float"));
  CHECK_THAT(with_input(forward_call(), "latents", at::zeros({2, 4, 4, 5, 6})),
             Contains("latents") && Contains("height 5"));
  CHECK_THAT(with_input(forward_call(), "latents", at::zeros({2, 4, 4, 4, 7})),
             Contains("latents") && Contains("width 7"));
  CHECK_THAT(with_input(forward_call(), "timestep", at::zeros({2, 3})),
             Contains("timestep: expected shape [2, 4], got [2, 3]"));
  CHECK_THAT(with_input(loss_call(), "noise", at::zeros({1, 4, 4, 4, 6})),
             Contains("noise") && Contains("[1, 4, 2, 4, 6]"));
  CHECK_THAT(with_input(loss_call(), "sigma", at::zeros({2})), Contains("sigma"));
  CHECK_THAT(with_input(loss_call(), "param.bias", at::zeros({5})), Contains("bias"));
}

TEST_CASE("cox-engine parity refuses a cache that does not belong to the noise frames") {
  const at::Tensor latents = dit_fixture().at("latents").narrow(0, 0, 1);
  Call call{.op = "dit-forward-cached"};
  call.inputs = {{"cond_latents", latents.narrow(2, 0, 2).narrow(3, 0, 2)},
                 {"latents", latents.narrow(2, 2, 2)},
                 {"timestep", dit_fixture().at("timestep").narrow(0, 0, 1).narrow(1, 2, 2)},
                 {"text_states", dit_fixture().at("text_states").narrow(0, 0, 1)},
                 {"text_mask", dit_fixture().at("text_mask").narrow(0, 0, 1)}};
  call.parameters = {"num_cond_latents=2"};
  CHECK_THAT(refusal(call),
             Contains("latents: expected shape [*, 4, *, 2, 6], got [1, 4, 2, 4, 6]"));
  CHECK_THAT(with_parameters(call, {"num_cond_latents=1"}), Contains("another number of frames"));
}

TEST_CASE("cox-engine parity refuses guidance branches and frames that do not match") {
  Call guidance{.op = "cfg-zero", .parameters = {R"(guidance={"a":4.0})"}, .model = ""};
  guidance.inputs = {{"a.cond", at::ones({1, 4, 2})}, {"a.uncond", at::ones({1, 4, 1})}};
  CHECK_THAT(refusal(guidance), Contains("a.uncond") && Contains("[1, 4, 2]"));

  const at::Tensor frames = fixture("ops/frames.safetensors").at("generated");
  Call metrics{.op = "frame-metrics",
               .parameters = {"generated=a", "reference=b", "metrics=psnr"},
               .model = ""};
  metrics.inputs = {{"a", frames}, {"b", frames}};
  CHECK_THAT(with_input(metrics, "b", frames.to(at::kFloat)),
             Contains("b") && Contains("Byte") && Contains("Float"));
  CHECK_THAT(with_input(metrics, "b", frames.permute({0, 3, 1, 2}).contiguous()),
             Contains("b: expected shape [*, *, *, 3]"));
  CHECK_THAT(with_input(metrics, "b", frames.narrow(0, 0, 2)), Contains("expected shape"));
  CHECK_THAT(with_parameters(metrics, {"generated=a", "reference=b", "metrics=pnsr"}),
             Contains("did you mean 'psnr'"));
}

TEST_CASE("cox-engine parity refuses models, types and devices that are not there") {
  Call nowhere = forward_call();
  nowhere.model = "/nowhere";
  const cox::test::TemporaryDirectory folder;
  const auto ended = run_parity(nowhere, folder);
  CHECK(ended.exit_code == 3);
  CHECK_THAT(ended.err, Contains("no model directory at '/nowhere'"));

  Call no_model = forward_call();
  no_model.model = "";
  CHECK_THAT(refusal(no_model), Contains("missing --model DIR"));
  Call odd_type = forward_call();
  odd_type.options = {"--dtype", "fp8"};
  CHECK_THAT(refusal(odd_type), Contains("fp8"));
  Call odd_device = forward_call();
  odd_device.options = {"--device", "tpu"};
  CHECK_THAT(refusal(odd_device), Contains("tpu"));
  Call idle_lora{.op = "sigma-tables",
                 .parameters = {"shift=12.0", R"(tables={"a":[2,false,false]})"},
                 .model = ""};
  idle_lora.options = {"--lora", COX_SOURCE_DIR "/README.md"};  // never opened
  CHECK_THAT(refusal(idle_lora), Contains("--lora") && Contains("does not load a transformer"));
}
