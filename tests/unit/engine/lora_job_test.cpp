#include <catch2/catch.hpp>
#include <set>

#include "base/digest.h"
#include "base/text.h"
#include "engine/checkpoint/safetensors.h"
#include "engine/tensors/torch.h"
#include "engine_fixture.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;

namespace {

/// A file of the published layout for one layer of the preset `tiny`.
std::string write_lora(const std::string& name, double strength) {
  constexpr int64_t kHidden = 128, kRank = 2;
  const std::string dot = "___lorahyphen___";
  const std::string key = cox::concat("lora", dot, "blocks", dot, 0, dot, "attn", dot, "proj");
  const std::string path = EngineFixture::get().path(name);
  save_safetensors(path, {{key + ".lora_down.weight", at::full({kRank, kHidden}, strength)},
                          {key + ".lora_up.weight", at::full({kHidden, kRank}, strength)},
                          {key + ".alpha_scale", at::full({}, 0.5)}});
  return path;
}

std::vector<double> scores(Engine& engine, const JobInput& input) {
  return succeed(engine, input).metrics.at(0).per_frame;
}

}  // namespace

TEST_CASE("a LoRA file acts on its own jobs and leaves the others bit-equal") {
  const auto engine = make_engine();
  for (const std::string method : {"none", "full", "adasteer"}) {
    INFO(method);
    const JobInput plain = EngineFixture::get().job(method);
    JobInput strong = plain, weak = plain;
    strong.model.loras = {{write_lora("strong.safetensors", 0.3), "", 1}};
    weak.model.loras = {{write_lora("weak.safetensors", 0.1), "", 1}};
    const auto without = scores(*engine, plain);
    const auto with_strong = scores(*engine, strong);
    const auto with_weak = scores(*engine, weak);
    CHECK(with_strong != without);
    CHECK(with_weak != with_strong);
    CHECK(scores(*engine, plain) == without);
    CHECK(scores(*engine, strong) == with_strong);
    CHECK(scores(*make_engine(), strong) == with_strong);
  }
}

TEST_CASE("a distilled job with LoRA files runs to its end, on the distilled levels") {
  const auto engine = make_engine();
  JobInput plain = EngineFixture::get().job("adasteer");
  plain.parameters["inference_steps"] = 4;
  plain.parameters["guidance"] = 1.0;
  JobInput distilled = plain;
  distilled.parameters["distill"] = true;
  JobInput step = distilled;
  step.model.loras = {{write_lora("step.safetensors", 0.3), "", 1}};
  JobInput both = step;
  both.model.loras.push_back({write_lora("look.safetensors", 0.1), "", 0.5});
  JobInput stronger = both;
  stronger.model.loras.back().multiplier = 0.75;
  std::set<std::vector<double>> all;
  for (const JobInput* input : {&plain, &distilled, &step, &both, &stronger}) {
    CHECK(all.insert(scores(*engine, *input)).second);
  }
  CHECK(scores(*make_engine(), both) == scores(*engine, both));
}

TEST_CASE("the distilled schedule refuses what it cannot be") {
  const auto engine = make_engine();
  JobInput input = EngineFixture::get().job("none");
  input.parameters["distill"] = true;
  input.parameters["inference_steps"] = 51;
  CHECK(fail(*engine, input).message.find("a distilled schedule has 50") != std::string::npos);
  input.parameters["inference_steps"] = 16;
  input.parameters["enhance_hf"] = true;
  const std::string message = fail(*engine, input).message;
  CHECK(message.find("parameter enhance_hf: expected false with distill") != std::string::npos);
  input.parameters.erase("distill");
  CHECK(fail(*engine, input).message.find("parameter distill") != std::string::npos);
}

TEST_CASE("a LoRA file that is missing, changed or of another model fails only its own job") {
  const auto engine = make_engine();
  const JobInput plain = EngineFixture::get().job("none");
  const auto without = scores(*engine, plain);
  JobInput input = plain;
  input.model.loras = {{EngineFixture::get().path("nowhere.safetensors"), "", 1}};
  CHECK(fail(*engine, input).cause == FailureCause::kUser);
  input.model.loras[0].digest = std::string(64, '0');  // as a coordinator sends it
  CHECK(fail(*engine, input).missing_input);

  WeightFile& lora = input.model.loras.at(0);
  lora.path = write_lora("changed.safetensors", 0.1);
  lora.digest = std::string(64, '0');
  CHECK(fail(*engine, input).detail == "lora_digest");
  CHECK(scores(*engine, plain) == without);
  lora.digest = cox::sha256_of_file(lora.path).value();
  CHECK(scores(*engine, input) != without);

  lora = {EngineFixture::get().lpips(), "", 1};
  CHECK(fail(*engine, input).detail == "weights_mismatch");
  CHECK(scores(*engine, plain) == without);
}
