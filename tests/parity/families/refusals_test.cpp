// Inputs that cox-engine parity rejects for a model family, each with one message.

#include "tests/parity/ops/parity_call.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::parity;
using Catch::Matchers::Contains;

namespace {

const std::string kWan = kFixtures + "/wan";

Call wan_forward(const std::string& family, const std::string& model) {
  Call call{.op = "dit-forward", .model = kWan + "/" + model, .options = {"--backbone", family}};
  call.inputs = {{"latents", at::ones({1, 4, 2, 4, 4})},
                 {"timestep", at::ones({1})},
                 {"text_states", at::ones({1, 3, 20})}};
  return call;
}

}  // namespace

TEST_CASE("an unknown family is refused with the known ones") {
  CHECK_THAT(refusal(wan_forward("wan3", "t2v")), Contains("wan2.1, wan2.2"));
}

TEST_CASE("an unknown op is refused with the family's ops") {
  Call call = wan_forward("wan2.1", "t2v");
  call.op = "cfg-zero";
  CHECK_THAT(refusal(call), Contains("solver-steps"));
}

TEST_CASE("Wan's timesteps have the family's shape") {
  Call call = wan_forward("wan2.2", "t2v");
  CHECK_THAT(refusal(call), Contains("timestep: expected shape [1, 2]"));
  call = wan_forward("wan2.1", "t2v");
  call.inputs["timestep"] = at::ones({1, 2});
  CHECK_THAT(refusal(call), Contains("timestep: expected shape [1]"));
}

TEST_CASE("image-to-video models require a condition, and text-to-video models refuse one") {
  Call call = wan_forward("wan2.1", "i2v");
  CHECK_THAT(refusal(call), Contains("channel condition"));
  call.inputs["cond"] = at::ones({1, 8, 2, 4, 4});
  CHECK_THAT(refusal(call), Contains("image states"));
  call = wan_forward("wan2.1", "t2v");
  call.inputs["cond"] = at::ones({1, 8, 2, 4, 4});
  CHECK_THAT(refusal(call), Contains("channel condition"));
}

TEST_CASE("the config of another family is refused, naming its class") {
  Call call = wan_forward("wan2.1", "t2v");
  call.parameters = {R"(config_override._class_name="CogVideoXTransformer3DModel")"};
  CHECK_THAT(refusal(call), Contains("another family") && Contains("CogVideoX"));
}

TEST_CASE("unsupported kinds and unread parameters are refused") {
  Call call = wan_forward("wan2.1", "t2v");
  call.op = "loss-grad";
  call.inputs = {{"clean", at::ones({1, 4, 2, 4, 4})},
                 {"noise", at::ones({1, 4, 2, 4, 4})},
                 {"sigma", at::full({1}, 0.5)},
                 {"text_states", at::ones({1, 3, 20})}};
  call.parameters = {"kind=adaln_affine", "num_cond_latents=0"};
  CHECK_THAT(refusal(call), Contains("adaln_affine"));
  call.parameters = {"kind=output_bias", "num_cond_latents=0", "prefix=clean"};
  call.inputs["param.bias"] = at::zeros({4});
  CHECK_THAT(refusal(call), Contains("prefix"));
  call.parameters = {"kind=output_bias", "num_cond_latents=2"};
  CHECK_THAT(refusal(call), Contains("expected 0 to 1 frames"));
}

TEST_CASE("STAS refuses dims, counts and grids that do not fit the states") {
  Call call{.op = "stas", .model = "", .options = {"--backbone", "wan2.1"}};
  call.inputs = {{"hidden", at::ones({1, 12, 4})}};
  const std::vector<std::string> common = {"alpha=1", "lambda=1", "reference=layer",
                                           "step=0",  "steps=1",  "steps_fraction=1"};
  const auto refuse = [&](std::vector<std::string> own) {
    call.parameters = common;
    call.parameters.insert(call.parameters.end(), own.begin(), own.end());
    return refusal(call);
  };
  CHECK_THAT(refuse({"grid=[2,2,3]", "dims=[4]"}), Contains("dims"));
  CHECK_THAT(refuse({"grid=[2,2,3]", "dims=[1,1]"}), Contains("twice"));
  CHECK_THAT(refuse({"grid=[2,2,3]"}), Contains("exactly one"));
  CHECK_THAT(refuse({"grid=[2,2,3]", "top_k=5"}), Contains("top_k"));
  CHECK_THAT(refuse({"grid=[3,2,3]", "dims=[1]"}), Contains("do not fit"));
  CHECK_THAT(refuse({"grid=[2,2,3]", "dims=[1]", "boundary=rows", "b_head=7"}), Contains("b_head"));
}
