// Every family of backbones through `cox run`, on small random models in their published layouts.

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/e2e/study_fixture.h"

using namespace cox::test;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

struct FamilyCase {
  const char* preset;
  const char* backbone;
  const char* refused_norm;        ///< a value of `tensors` that it cannot serve
  std::vector<std::string> norms;  ///< those that it can
  int height;
  int width;
  int size_unit;
};

const FamilyCase kFamilies[] = {
    {"wan2.1-tiny", "wan2.1", "adaln_affine", {"cross_attn_norm", "qk_norm"}, 48, 80, 16},
    {"wan2.2-tiny", "wan2.2", "adaln_affine", {"cross_attn_norm", "qk_norm"}, 64, 96, 32},
    {"cogvideox-tiny", "cogvideox", "cross_attn_norm", {"adaln_affine", "qk_norm"}, 48, 80, 16},
    {"cogvideox-i2v-tiny", "cogvideox", "cross_attn_norm", {"adaln_affine", "qk_norm"}, 48, 80, 16},
    {"open-sora-tiny", "open-sora", "cross_attn_norm", {"qk_norm"}, 48, 80, 16},
};

/// Two clips, few steps. `runs` are lines of YAML.
std::string sweep_of(const FamilyCase& family, const std::string& model, const std::string& runs) {
  return "version: 1\n"
         "series: {name: family}\n"
         "dataset: {manifest: " +
         StudyFixture::get() / "clips.json" +
         ", include: [ball_in_the_sky, wheel_on_sand]}\n"
         "backbone: {name: " +
         std::string(family.backbone) + ", model: " + model +
         "}\n"
         "params: {height: " +
         std::to_string(family.height) + ", width: " + std::to_string(family.width) +
         ", cond_frames: 5, total_frames: 9, gen_start_frame: 17, inference_steps: 3,"
         " dtype: fp32}\n"
         "method_params:\n"
         "  trains:\n"
         "    steps: 2\n"
         "    adaptation_window: {total_frames: 17, context_frames: 5}\n"
         "    early_stop: {check_every: 1, noise_draws: 1, sigmas: [0.5]}\n"
         "runs:\n" +
         runs;
}

/// A folder with a model of the family.
class FamilyFixture {
 public:
  explicit FamilyFixture(const FamilyCase& family) : family_(family) {
    const Ended made = run(
        {program("cox-engine"), "init-model", model(), "--preset", family.preset, "--seed", "1"},
        clean());
    INFO(made.all());
    REQUIRE(made.exit_code == 0);
  }
  std::string model() const { return folder_ / "model"; }
  std::string database() const { return folder_ / "cox.db"; }
  const std::string& folder() const { return folder_.path(); }

  Ended run_sweep(const std::string& runs, const std::vector<std::string>& more = {}) const {
    const std::string sweep = folder_ / "sweep.yaml";
    write_text(sweep, sweep_of(family_, model(), runs));
    std::vector<std::string> arguments = {"run", sweep, "--out", folder_.path()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_cox(arguments);
  }

 private:
  const FamilyCase& family_;
  TemporaryDirectory folder_;
};

}  // namespace

TEST_CASE("every family adapts, continues and scores through cox run") {
  for (const FamilyCase& family : kFamilies) {
    INFO(family.preset);
    const FamilyFixture fixture(family);
    std::string norms;
    for (const std::string& norm : family.norms) {
      norms += "  - {id: " + norm + ", method: norm, lr: 1e-2, tensors: " + norm + "}\n";
    }
    const long trained = 6 + std::ssize(family.norms);
    const Ended ended =
        fixture.run_sweep(norms +
                          "  - {id: none, method: none}\n"
                          "  - {id: adasteer, method: adasteer}\n"
                          "  - {id: lora, method: lora, targets: [qkv, proj, ffn], lr: 1e-2}\n"
                          "  - {id: full, method: full, lr: 1e-2, warmup_steps: 0}\n"
                          "  - {id: obc, method: obc, lr: 1e-2}\n"
                          "  - {id: film, method: film, lr: 1e-2}\n"
                          "  - {id: hidden, method: hidden, lr: 1e-2}\n"
                          "  - {id: stas, method: stas, steps_fraction: 1.0, alpha: 2.0}\n");
    INFO(ended.all());
    REQUIRE(ended.exit_code == 0);
    const std::string database = fixture.database();
    CHECK(sql_number(database,
                     "SELECT count(*) FROM v_results WHERE psnr > 0 AND ssim IS NOT NULL"
                     " AND scored_frames = 4 AND generate_s > 0") == (trained + 2) * 2);
    CHECK(sql_number(database,
                     "SELECT count(*) FROM v_results WHERE run NOT IN ('none', 'stas')"
                     " AND steps_run = 2 AND parameter_norm > 0"
                     " AND json_array_length(losses) = 2"
                     " AND json_array_length(anchor_losses) = 3") == trained * 2);
    CHECK(sql_number(database, "SELECT count(DISTINCT backbone_checksum) FROM v_results") == 1);
    // Steering changes what is generated, and so does training.
    CHECK(sql_number(database,
                     "SELECT count(*) FROM v_results a JOIN v_results b USING (video)"
                     " WHERE a.run = 'none' AND b.run IN ('stas', 'full')"
                     " AND a.psnr <> b.psnr") == 2 * 2);
    CHECK(sql(database, "SELECT DISTINCT backbone FROM v_runs") ==
          family.backbone + std::string("\n"));
  }
}

TEST_CASE("what a family cannot serve is refused by name before anything runs") {
  for (const FamilyCase& family : kFamilies) {
    INFO(family.preset);
    const FamilyFixture fixture(family);
    const Ended method = fixture.run_sweep(
        "  - {id: norm, method: norm, tensors: " + std::string(family.refused_norm) + "}\n");
    INFO(method.all());
    CHECK(method.exit_code != 0);
    CHECK_THAT(method.err, Contains("method 'norm' with tensors: \"" +
                                    std::string(family.refused_norm) + "\" cannot run on") &&
                               Contains("sweep.yaml:"));
    const Ended parameter = fixture.run_sweep("  - {id: none, method: none, enhance_hf: false}\n");
    CHECK(parameter.exit_code != 0);
    CHECK_THAT(parameter.err, Contains("enhance_hf"));
    const Ended size = fixture.run_sweep("  - {id: none, method: none}\n",
                                         {"--set", "height=" + std::to_string(family.height + 8)});
    CHECK(size.exit_code != 0);
    CHECK_THAT(size.err, Contains("is not a multiple of " + std::to_string(family.size_unit)));
    const Ended layers = fixture.run_sweep("  - {id: stas, method: stas, layers: [0, 400]}\n");
    CHECK(layers.exit_code != 0);
    CHECK_THAT(layers.err, Contains("layers: expected numbers from 0 to"));
    const Ended nothing =
        fixture.run_sweep("  - {id: stas, method: stas, first_frame: false, boundary: none}\n");
    CHECK(nothing.exit_code == 2);
    CHECK_THAT(nothing.err, Contains("nothing would be steered") && Contains("sweep.yaml:"));
    const std::string off =
        family.backbone == std::string("open-sora") ? ", guidance_image: 1" : "";
    const Ended branch = fixture.run_sweep(
        "  - {id: stas, method: stas, branch: prompt, guidance: 0.5" + off + "}\n");
    CHECK(branch.exit_code == 2);
    CHECK_THAT(branch.err, Contains("without guidance there is one branch"));
    const Ended joint = fixture.run_sweep("  - {id: both, method: [lora, norm], norm.tensors: " +
                                          std::string(family.refused_norm) + "}\n");
    CHECK(joint.exit_code == 2);
    CHECK_THAT(joint.err, Contains("method 'norm' with tensors: \"" +
                                   std::string(family.refused_norm) + "\" cannot run on"));
  }
}

TEST_CASE("a model of another family is named before anything runs") {
  const FamilyFixture fixture(kFamilies[2]);
  const Ended ended =
      fixture.run_sweep("  - {id: none, method: none}\n", {"--set", "backbone.name=wan2.1"});
  INFO(ended.all());
  CHECK(ended.exit_code != 0);
  CHECK_THAT(ended.err, Contains("this is a model of CogVideoX") &&
                            Contains("the backbone is wan2.1") &&
                            Contains("write backbone.name: cogvideox"));
  // One message: what Wan2.1 could do with this model does not matter.
  const Ended image =
      FamilyFixture(kFamilies[3])
          .run_sweep("  - {id: none, method: none}\n", {"--set", "backbone.name=wan2.1"});
  INFO(image.all());
  CHECK_THAT(image.err, Contains("this is a model of CogVideoX") && !Contains("cannot run on"));
}

TEST_CASE("a model with missing or mixed parts is refused before anything runs, every part named") {
  const FamilyFixture fixture(kFamilies[1]);
  const FamilyFixture other(kFamilies[2]);
  const auto part = [](const FamilyFixture& of, const char* name) { return of.model() + name; };
  fs::remove_all(part(fixture, "/vae"));
  fs::copy(part(other, "/vae"), part(fixture, "/vae"), fs::copy_options::recursive);
  fs::remove_all(part(fixture, "/scheduler"));
  fs::remove(part(fixture, "/tokenizer/spiece.model"));
  const Ended mixed = fixture.run_sweep("  - {id: none, method: none}\n");
  INFO(mixed.all());
  CHECK(mixed.exit_code == 2);
  CHECK_THAT(mixed.err,
             Contains("not a whole model of Wan2.2 TI2V") &&
                 Contains("vae/config.json: _class_name: expected \"AutoencoderKLWan\", got "
                          "\"AutoencoderKLCogVideoX\"") &&
                 Contains("scheduler/scheduler_config.json is missing") &&
                 Contains("tokenizer/spiece.model is missing") && Contains("sweep.yaml:"));
  CHECK(!fs::exists(fixture.database()));
  // A VAE of the right class with other latents.
  const FamilyFixture wan(kFamilies[0]);
  const std::string config = wan.model() + "/vae/config.json";
  std::string text = file_text(config);
  text.replace(text.find("\"z_dim\": 16"), 11, "\"z_dim\": 48");
  write_text(config, text);
  CHECK_THAT(wan.run_sweep("  - {id: none, method: none}\n").err,
             Contains("transformer/config.json with out_channels 16 needs a VAE of 16 latent "
                      "channels, but vae/config.json has z_dim 48"));
  fs::remove_all(part(fixture, "/transformer"));
  CHECK_THAT(fixture.run_sweep("  - {id: none, method: none}\n").err,
             Contains("transformer/config.json is missing"));
}

TEST_CASE("cox-engine verifies and counts a model of every family") {
  for (const FamilyCase& family : kFamilies) {
    INFO(family.preset);
    const FamilyFixture fixture(family);
    const Ended verified =
        run({program("cox-engine"), "verify", "--model", fixture.model()}, clean());
    INFO(verified.all());
    CHECK(verified.exit_code == 0);
    CHECK_THAT(verified.out, Contains("\"family\": \"" + std::string(family.backbone) + "\"") &&
                                 Contains("\"transformer\""));
    const Ended counted =
        run({program("cox-engine"), "params", "--model", fixture.model(), "--method", "adasteer",
             "--set", "inject=global", "--set", "groups=1", "--set", "final_layer=false", "--set",
             "delta_dim=0", "--set", "clip=joint"},
            clean());
    INFO(counted.all());
    CHECK(counted.exit_code == 0);
  }
}

TEST_CASE("cox-engine activations writes the profile of every block, and a drawing") {
  const FamilyCase& family = kFamilies[0];
  const FamilyFixture fixture(family);
  const std::string sweep = fixture.folder() + "/sweep.yaml",
                    plan = fixture.folder() + "/plan.json";
  write_text(sweep, sweep_of(family, fixture.model(), "  - {id: none, method: none}\n"));
  const Ended planned = run_cox({"plan", sweep, "--json"});
  INFO(planned.all());
  REQUIRE(planned.exit_code == 0);
  write_text(plan, planned.out);
  const std::string json = fixture.folder() + "/a.json", svg = fixture.folder() + "/a.svg";
  const auto activations = [&](const std::string& evaluation) {
    return run({program("cox-engine"), "activations", "--model", fixture.model(), "--video",
                StudyFixture::get() / "clips/ball_in_the_sky.mp4", "--params", plan, "--prompt", "",
                "--evaluation", evaluation, "--top", "3", "--output", json, "--svg", svg},
               clean());
  };
  const Ended ended = activations("0");
  INFO(ended.all());
  REQUIRE(ended.exit_code == 0);
  const auto profile = nlohmann::json::parse(file_text(json));
  CHECK(profile.at("dims").size() == 3);
  CHECK(profile.at("backbone") == "wan2.1");
  const auto& grid = profile.at("grid");
  REQUIRE(profile.at("blocks").size() == 4);
  for (const auto& block : profile.at("blocks")) {
    CHECK(block.at("dims").size() == 3);
    CHECK(block.at("dim_max").size() == 96);
    CHECK(block.at("token_max").size() ==
          grid[0].get<std::size_t>() * grid[1].get<std::size_t>() * grid[2].get<std::size_t>());
    const auto maxima = block.at("dim_max").get<std::vector<double>>();
    const auto tokens = block.at("token_max").get<std::vector<double>>();
    const double largest = block.at("largest").get<double>();
    CHECK(*std::max_element(maxima.begin(), maxima.end()) == largest);
    CHECK(*std::max_element(tokens.begin(), tokens.end()) == largest);
    CHECK(block.at("ratio").get<double>() ==
          Approx(largest / block.at("median").get<double>()).epsilon(1e-6));
  }
  CHECK_THAT(file_text(svg), Contains("<svg") && Contains("polyline"));
  CHECK_THAT(activations("3").err, Contains("--evaluation"));
}

TEST_CASE("STAS on LongCat-Video is refused while the first frame is in the cache") {
  const TemporaryDirectory folder;
  std::string text = StudyFixture::get().sweep_text();
  text.replace(text.find("clips.json"), 10, StudyFixture::get() / "clips.json");
  text.replace(text.find("model: model}"), 13, "model: " + StudyFixture::get() / "model" + "}");
  text.replace(text.find("runs:\n"), text.size(), "runs:\n  - {id: stas, method: stas}\n");
  const std::string sweep = folder / "sweep.yaml";
  write_text(sweep, text);
  const Ended refused = run_cox({"run", sweep, "--out", folder.path()});
  INFO(refused.all());
  CHECK(refused.exit_code != 0);
  CHECK_THAT(refused.err, Contains("method 'stas' with first_frame: true, use_kv_cache: true") &&
                              Contains("set use_kv_cache: false"));
  const Ended ended =
      run_cox({"run", sweep, "--out", folder.path(), "--set", "use_kv_cache=false"});
  INFO(ended.all());
  CHECK(ended.exit_code == 0);
  CHECK(sql_number(folder / "cox.db", "SELECT count(*) FROM v_results WHERE psnr > 0") ==
        StudyFixture::kReadableVideos);
}
