#include <catch2/catch.hpp>
#include <filesystem>
#include <regex>

#include "base/file.h"
#include "base/text.h"
#include "coordinator/sweep/load_sweep.h"
#include "tests/unit/sweep/sandbox.h"

using namespace cox::sweep;
using namespace cox::sweep::test;

namespace {

/// Every file below sweeps/ that is no part of others.
std::vector<std::string> shipped_sweeps() {
  std::vector<std::string> files;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(COX_SOURCE_DIR "/sweeps")) {
    const auto& path = entry.path();
    if (path.extension() == ".yaml" && path.parent_path().filename() != "base") {
      files.push_back(path.string());
    }
  }
  return files;
}

/// A directory that is recognized as a model of the sweep's family.
std::string model_for(const std::string& sweep, const Sandbox& sandbox) {
  const std::string text = cox::read_file(sweep).value();
  const auto names = [&](const char* family) {
    return text.find(cox::concat("name: ", family)) != std::string::npos;
  };
  const std::string folder = "model-" + std::to_string(std::hash<std::string>{}(sweep));
  const auto write = [&](const std::string& kind) {
    sandbox.write(folder + "/transformer/config.json",
                  kind + R"("num_layers": 30, "num_attention_heads": 12,
                            "attention_head_dim": 128, "in_channels": 16, "out_channels": 16})");
    sandbox.write(folder + "/vae/config.json",
                  names("wan2.2") ? R"({"is_residual": true})" : R"({"is_residual": false})");
    sandbox.write(folder + "/model_index.json",
                  names("wan2.2") ? R"({"expand_timesteps": true})" : "{}");
    return sandbox.path(folder);
  };
  if (names("cogvideox,")) return write(R"({"_class_name": "CogVideoXTransformer3DModel",)");
  if (names("wan2")) return write(R"({"_class_name": "WanTransformer3DModel",)");
  if (names("open-sora,"))
    return write(R"({"depth": 19, "depth_single_blocks": 38,
                                            "hidden_size": 3072, "vec_in_dim": 768,)");
  return sandbox.path("model");
}

}  // namespace

TEST_CASE("every shipped sweep is right, opens with its question and counts its runs") {
  const Sandbox sandbox;
  cox::dataset::Manifest long_clips = small_manifest();
  for (auto& video : long_clips.videos) video.frames = 300;  // the longest window ends at 214
  sandbox.write_manifest(long_clips);
  const std::vector<std::string> files = shipped_sweeps();
  CHECK(files.size() >= 50);
  for (const std::string& file : files) {
    INFO(file);
    LoadOptions options;
    options.overrides = {"dataset.manifest=" + sandbox.path("clips.json"),
                         "backbone.model=" + model_for(file, sandbox),
                         "backbone.weights.lpips=" + sandbox.path("lpips.safetensors"),
                         "backbone.weights.fvd_dfot=" + sandbox.path("lpips.safetensors"),
                         "backbone.weights.fvd_stylegan_v=" + sandbox.path("lpips.safetensors")};
    options.accept_waiting = true;
    const auto plan = load_sweep(file, options);
    INFO(plan.status().message());
    REQUIRE(plan.is_ok());
    const std::size_t runs = plan->runs.size() + plan->waiting_runs.size();
    CHECK(runs > 0);
    const std::string text = cox::read_file(file).value();
    CHECK(text.rfind("# ", 0) == 0);
    std::smatch cost;
    if (std::regex_search(text, cost, std::regex("Cost: ([0-9]+) runs x"))) {
      CHECK(std::stoul(cost[1]) == runs);
    }
  }
}
