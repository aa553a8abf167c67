#include <catch2/catch.hpp>

#include "base/digest.h"
#include "base/text.h"
#include "engine/tensors/safetensors.h"
#include "engine/tensors/torch.h"
#include "workshop.h"

using namespace cox::engine;
using namespace cox::engine::test;

namespace {

/// A file of the published layout for one layer of the preset `tiny`.
std::string write_lora(const std::string& name, double strength) {
  constexpr int64_t kHidden = 128, kRank = 2;
  const std::string dot = "___lorahyphen___";
  const std::string key = cox::concat("lora", dot, "blocks", dot, 0, dot, "attn", dot, "proj");
  const std::string path = Workshop::get().path(name);
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
    const JobInput plain = Workshop::get().job(method);
    JobInput strong = plain, weak = plain;
    strong.lora = write_lora("strong.safetensors", 0.3);
    weak.lora = write_lora("weak.safetensors", 0.1);
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

TEST_CASE("a LoRA file that is missing, changed or of another model fails its own job alone") {
  const auto engine = make_engine();
  const JobInput plain = Workshop::get().job("none");
  const auto without = scores(*engine, plain);
  JobInput input = plain;
  input.lora = Workshop::get().path("nowhere.safetensors");
  CHECK(fail(*engine, input).cause == FailureCause::kUser);
  input.lora_digest = std::string(64, '0');  // as a coordinator sends it
  CHECK(fail(*engine, input).misplaced);

  input.lora = write_lora("changed.safetensors", 0.1);
  input.lora_digest = std::string(64, '0');
  CHECK(fail(*engine, input).detail == "lora_digest");
  CHECK(scores(*engine, plain) == without);
  input.lora_digest = cox::sha256_of_file(input.lora).value();
  CHECK(scores(*engine, input) != without);

  input.lora = Workshop::get().lpips();
  input.lora_digest.clear();
  CHECK(fail(*engine, input).detail == "weights_mismatch");
  CHECK(scores(*engine, plain) == without);
}
