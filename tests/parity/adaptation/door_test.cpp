// The parity door from outside: the built program against the reference's numbers.

#include "engine/tensors/safetensors.h"
#include "tests/support/command.h"
#include "tests/support/torch_catch.h"

using namespace cox::engine;
using cox::test::TemporaryDirectory;

namespace {

using Tensors = std::map<std::string, at::Tensor>;

const std::string kFixture = std::string(COX_SOURCE_DIR) + "/tests/parity/fixtures/dit";
const std::string kProgram = std::string(COX_BIN_DIR) + "/cox-engine";

const Tensors& fixture() {
  static const Tensors kAll = Checkpoint::open(kFixture + "/expected.safetensors").load_all();
  return kAll;
}

struct Call {
  std::string op;
  Tensors inputs;
  std::vector<std::string> parameters;
  bool model = true;
};

cox::test::Ended run_door(const Call& call, const TemporaryDirectory& folder) {
  save_safetensors(folder / "in.safetensors", call.inputs);
  std::vector<std::string> arguments = {kProgram,
                                        "parity",
                                        call.op,
                                        "--input",
                                        folder / "in.safetensors",
                                        "--output",
                                        folder / "out.safetensors"};
  if (call.model) arguments.insert(arguments.end(), {"--model", kFixture + "/model"});
  for (const std::string& parameter : call.parameters) {
    arguments.insert(arguments.end(), {"--param", parameter});
  }
  return cox::test::run(arguments);
}

Tensors door(const Call& call) {
  const TemporaryDirectory folder;
  const auto ended = run_door(call, folder);
  INFO(ended.all());
  REQUIRE(ended.exit_code == 0);
  return Checkpoint::open(folder / "out.safetensors").load_all();
}

/// A call of loss-grad with the fixture's question, and the trained tensors of one kind.
Call loss_grad(const std::string& kind, std::vector<std::string> parameters) {
  Call call;
  call.op = "loss-grad";
  for (const std::string name : {"clean", "noise", "sigma", "text_states", "text_mask"}) {
    call.inputs[name] = fixture().at("grad." + name);
  }
  const std::string prefix = "grad." + kind + ".param.";
  for (const auto& [name, tensor] : fixture()) {
    if (name.rfind(prefix, 0) == 0) call.inputs["param." + name.substr(prefix.size())] = tensor;
  }
  call.parameters = std::move(parameters);
  call.parameters.emplace_back("num_cond_latents=2");
  return call;
}

void check_kind(const std::string& kind, const std::vector<std::string>& parameters) {
  INFO(kind);
  const Tensors got = door(loss_grad(kind, parameters));
  CHECK(relative_error(got.at("loss"), fixture().at("grad." + kind + ".loss")) < 1e-5);
  const std::string prefix = "grad." + kind + ".grad.";
  size_t compared = 0;
  for (const auto& [name, tensor] : fixture()) {
    if (name.rfind(prefix, 0) != 0) continue;
    INFO(name);
    CHECK(relative_error(got.at("grad." + name.substr(prefix.size())), tensor) < 1e-4);
    ++compared;
  }
  CHECK(compared > 0);
  CHECK(got.size() == compared + 1);
}

}  // namespace

TEST_CASE("the door's losses and gradients of every kind agree with the reference") {
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

TEST_CASE("the door's forward passes agree with the reference") {
  Call call;
  call.op = "dit-forward";
  for (const std::string name : {"latents", "timestep", "text_states", "text_mask"}) {
    call.inputs[name] = fixture().at(name);
  }
  call.inputs["timestep"] = call.inputs["timestep"].clone();
  call.parameters = {"num_cond_latents=0"};
  CHECK(relative_error(door(call).at("prediction"), fixture().at("forward.zero_pad.clean0")) <
        1e-5);
  call.parameters.emplace_back("config_override.text_tokens_zero_pad=false");
  CHECK(relative_error(door(call).at("prediction"), fixture().at("forward.packed.clean0")) < 1e-5);
}

TEST_CASE("the door's sampling agrees with the reference") {
  Call call;
  call.op = "generate-latents";
  call.inputs = {{"cond_latents", fixture().at("sample.condition")},
                 {"noise", fixture().at("sample.noise")},
                 {"text_states", fixture().at("sample.text")},
                 {"text_mask", fixture().at("sample.mask")},
                 {"negative_text_states", fixture().at("sample.negative_text")},
                 {"negative_text_mask", fixture().at("sample.negative_mask")}};
  call.parameters = {"steps=3",          "shift=12.0",    "guidance=4.0",
                     "enhance_hf=false", "distill=false", "use_kv_cache=true"};
  CHECK(relative_error(door(call).at("latents"), fixture().at("sample.cached.out")) < 1e-5);
}

TEST_CASE("the door's noise levels agree with the reference") {
  Call call;
  call.op = "sigma-tables";
  call.model = false;
  call.inputs["unused"] = at::zeros({1});
  call.parameters = {"shift=12.0", R"(tables={"vc50":[50,true,false],"plain50":[50,false,false],)"
                                   R"("distill16":[16,false,true]})"};
  const Tensors got = door(call);
  for (const std::string name : {"vc50", "plain50", "distill16"}) {
    INFO(name);
    for (const std::string part : {".sigmas", ".timesteps"}) {
      CHECK(relative_error(got.at(name + part), fixture().at("schedule." + name + part)) < 1e-7);
    }
  }
}

TEST_CASE("AdamW behind the door equals torch.optim") {
  const Tensors stored =
      Checkpoint::open(std::string(COX_SOURCE_DIR) +
                       "/tests/parity/fixtures/adaptation/optimizers.safetensors")
          .load_all();
  Call call;
  call.op = "adamw-given-gradients";
  call.model = false;
  call.inputs = {{"grads", stored.at("adamw.grads")}, {"param.delta", stored.at("adamw.start")}};
  call.parameters = {"steps=12", "lr=0.01",           "betas=[0.9,0.999]",
                     "eps=1e-8", "weight_decay=0.01", "max_grad_norm=1.0"};
  const Tensors got = door(call);
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
  const Tensors got = door(call);
  CHECK(got.at("delta.step10").sizes() == fixture().at("grad.delta_global.param.delta").sizes());
  CHECK(got.at("loss").size(0) == kSteps);
  CHECK(got.at("grad_norm").size(0) == kSteps);
  CHECK(got.at("loss")[kSteps - 1].item<float>() < got.at("loss")[0].item<float>());
}

TEST_CASE("the door names what is missing, unknown or unread") {
  const auto error_of = [](const Call& call) {
    const TemporaryDirectory folder;
    const auto ended = run_door(call, folder);
    CHECK(ended.exit_code == 2);
    return ended.err;
  };
  Call call = loss_grad("output_bias", {"kind=output_bias"});
  Call missing = call;
  missing.inputs.erase("noise");
  CHECK_THAT(error_of(missing), Catch::Contains("noise"));
  Call stray = call;
  stray.parameters.emplace_back("stray=1");
  CHECK_THAT(error_of(stray), Catch::Contains("stray"));
  Call unknown = call;
  unknown.op = "loss-gradient";
  CHECK_THAT(error_of(unknown), Catch::Contains("loss-grad"));
}
