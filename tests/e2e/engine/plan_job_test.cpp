// `cox-engine generate` and `adapt` with a plan: what the sweep's job would get, the call gets.

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "engine/checkpoint/safetensors.h"
#include "engine/tensors/torch.h"
#include "tests/support/command.h"
#include "tests/support/schema_defaults.h"

using namespace cox;
using namespace cox::engine;
using Catch::Contains;
using cox::concat;
using cox::test::Ended;
using cox::test::TemporaryDirectory;
using nlohmann::json;

namespace {

const std::string kEngine = std::string(COX_BIN_DIR) + "/cox-engine";

Ended run_engine(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), kEngine);
  return cox::test::run(arguments);
}

/// Model, LPIPS weights, a clip and two LoRA files, made once.
class PlanFixture {
 public:
  static const PlanFixture& get() {
    static const PlanFixture fixture;
    return fixture;
  }
  std::string operator/(const std::string& name) const { return folder_ / name; }

 private:
  PlanFixture() {
    REQUIRE(run_engine({"init-model", folder_ / "model", "--lpips", folder_ / "lpips.safetensors"})
                .exit_code == 0);
    REQUIRE(run_engine({"demo-clips", folder_ / "clips"}).exit_code == 0);
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "clips")) {
      if (entry.path().extension() == ".mp4" && entry.path().stem() != "broken") {
        std::filesystem::copy_file(entry.path(), folder_ / "clip.mp4");
        break;
      }
    }
    write_lora("weak", 0.1);
    write_lora("strong", 0.3);
  }

  void write_lora(const std::string& name, double strength) const {
    constexpr int64_t kHidden = 128, kRank = 2;
    const std::string dot = "___lorahyphen___";
    const std::string key = concat("lora", dot, "blocks", dot, 0, dot, "attn", dot, "proj");
    save_safetensors(folder_ / (name + ".safetensors"),
                     {{key + ".lora_down.weight", at::full({kRank, kHidden}, strength)},
                      {key + ".lora_up.weight", at::full({kHidden, kRank}, strength)},
                      {key + ".alpha_scale", at::full({}, 0.5)}});
  }

  TemporaryDirectory folder_;
};

/// A plan of one run as `cox plan --json` prints it.
json plan_of(const std::string& method) {
  const PlanFixture& fixture = PlanFixture::get();
  json parameters;
  const cox::Parameters defaults =
      cox::engine::test::schema_defaults(method, {{"height", 32},
                                                  {"width", 48},
                                                  {"cond_frames", 5},
                                                  {"total_frames", 9},
                                                  {"dtype", "fp32"},
                                                  {"gen_start_frame", 17},
                                                  {"inference_steps", 2},
                                                  {"enhance_hf", false},
                                                  {"prompt_source", "caption"},
                                                  {"metrics", cox::Value::List{"psnr"}}});
  for (const auto& [name, value] : defaults) {
    parameters[name] = json::parse(cox::canonical_text(value));
  }
  return {{"format", "cox-plan/1"},
          {"model",
           {{"loras", json::array()},
            {"metric_weights", {{"lpips", {{"path", fixture / "lpips.safetensors"}}}}}}},
          {"dataset",
           {{"videos",
             {{{"id", "the/clip"}, {"path", fixture / "clip.mp4"}, {"caption", "a red square"}}}}}},
          {"runs", {{{"name", "only"}, {"method", method}, {"parameters", parameters}}}}};
}

json lora_of(const std::string& name, double multiplier) {
  return {{"path", PlanFixture::get() / (name + ".safetensors")}, {"multiplier", multiplier}};
}

Ended run_plan(const std::string& verb, const json& plan, std::vector<std::string> more = {}) {
  const PlanFixture& fixture = PlanFixture::get();
  std::ofstream(fixture / "plan.json") << plan.dump();
  std::vector<std::string> arguments = {verb,
                                        "--model",
                                        fixture / "model",
                                        "--video",
                                        fixture / "clip.mp4",
                                        "--params",
                                        fixture / "plan.json",
                                        "--out",
                                        fixture / "out"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_engine(arguments);
}

json scores(const json& plan, const std::vector<std::string>& more = {}) {
  const Ended ended = run_plan("generate", plan, more);
  INFO(ended.all());
  REQUIRE(ended.exit_code == 0);
  return json::parse(ended.out)["metrics"];
}

/// What is said of a call that is refused before it writes or computes anything.
std::string refusal(const Ended& ended, int exit_code) {
  INFO(ended.all());
  CHECK(ended.exit_code == exit_code);
  CHECK(ended.out.empty());
  CHECK_THAT(ended.err, !Contains("decode"));  // the first stage
  return ended.err;
}

}  // namespace

TEST_CASE("a plan's LoRA files act with their multipliers, and --lora replaces them") {
  const json without = plan_of("none");
  json with = without;
  with["model"]["loras"] = {lora_of("weak", 2)};
  const json plain = scores(without), planned = scores(with);
  CHECK(planned != plain);
  const std::string weak = PlanFixture::get() / "weak.safetensors";
  CHECK(scores(without, {"--lora", weak, "--lora-multiplier", "2"}) == planned);

  const std::string strong = PlanFixture::get() / "strong.safetensors";
  const Ended replaced = run_plan("generate", with, {"--lora", strong});
  CHECK_THAT(replaced.err, Contains("--lora replaces the 1 LoRA files"));
  CHECK(json::parse(replaced.out)["metrics"] == scores(without, {"--lora", strong}));
  // Progress off a terminal, as in a log: plain lines, one for each stage.
  CHECK_THAT(replaced.err, Contains("decode\n") && Contains("generate\n"));
  CHECK(replaced.err.find('\x1b') == std::string::npos);

  with["model"]["loras"].push_back(
      {{"path", "/nowhere/step.safetensors"}, {"digest", ""}, {"multiplier", 1}});
  CHECK_THAT(refusal(run_plan("generate", with), 3), Contains("/nowhere/step.safetensors"));
}

TEST_CASE("a plan's caption is the prompt; a missing caption is an error") {
  json plan = plan_of("none");
  const json planned = scores(plan);
  CHECK(scores(plan, {"--prompt", "a red square"}) == planned);
  CHECK(scores(plan, {"--prompt", "waves of blue noise"}) != planned);
  const json silent = scores(plan, {"--prompt", ""});

  plan["dataset"]["videos"][0]["caption"] = "";
  CHECK_THAT(refusal(run_plan("generate", plan), 2), Contains("missing --prompt"));
  CHECK(scores(plan, {"--prompt", ""}) == silent);
  plan["dataset"]["videos"] = json::array();
  CHECK_THAT(refusal(run_plan("generate", plan), 2),
             Contains("missing --prompt") && Contains("clip.mp4"));
  plan["runs"][0]["parameters"]["prompt_source"] = "constant";
  plan["runs"][0]["parameters"]["constant_prompt"] = "a red square";
  CHECK(run_plan("generate", plan).exit_code == 0);
}

TEST_CASE("a plan's LPIPS weights are used; missing weights are an error before training") {
  json plan = plan_of("obc");
  plan["runs"][0]["parameters"].update({{"metrics", {"psnr", "lpips"}},
                                        {"steps", 1},
                                        {"early_stop.enabled", false},
                                        {"adaptation_window.total_frames", 17},
                                        {"adaptation_window.context_frames", 5}});
  const Ended scored = run_plan("adapt", plan);
  INFO(scored.all());
  REQUIRE(scored.exit_code == 0);
  CHECK(json::parse(scored.out)["metrics"].contains("lpips_random_trunk"));

  plan["model"]["metric_weights"]["lpips"]["path"] = "/nowhere/lpips.safetensors";
  CHECK_THAT(refusal(run_plan("adapt", plan), 3), Contains("/nowhere/lpips.safetensors"));
  plan["model"].erase("metric_weights");
  CHECK_THAT(refusal(run_plan("adapt", plan), 2), Contains("missing --weights lpips=FILE"));
}
