#include "tests/unit/sweep/sandbox.h"

#include <catch2/catch.hpp>

#include "base/file.h"
#include "coordinator/sweep/load_sweep.h"

namespace cox::sweep::test {

dataset::Manifest small_manifest() {
  dataset::Manifest manifest;
  manifest.name = "small";
  manifest.layout = "folder";
  for (const char* id : {"cat", "dog"}) {
    dataset::ManifestVideo video;
    video.id = id;
    video.path = std::string("/clips/") + id + ".mp4";
    video.sha256 = std::string(64, id[0]);
    video.caption = std::string("a ") + id;
    video.frames = 100;
    video.frame_rate = 24;
    manifest.videos.push_back(video);
  }
  manifest.rejected.push_back({"broken", "/clips/broken.mp4", std::string(64, 'e'), "a broken one",
                               "corrupt_container", "moov atom not found"});
  return manifest;
}

Sandbox::Sandbox() {
  write("model/dit/config.json",
        "{\"depth\": 48, \"hidden_size\": 4096, \"adaln_tembed_dim\": 512}");
  write("lpips.safetensors", "weights");
  write_manifest(small_manifest());
}

void Sandbox::write(const std::string& name, const std::string& text) const {
  REQUIRE(write_file_atomically(path(name), text) == Status::ok());
}

void Sandbox::write_manifest(const dataset::Manifest& manifest) const {
  REQUIRE(dataset::write_manifest(path("clips.json"), manifest) == Status::ok());
}

Result<SweepPlan> Sandbox::load(const std::string& text,
                                const std::vector<std::string>& overrides) const {
  write("a.yaml", text);
  return load_sweep(path("a.yaml"), {overrides});
}

SweepPlan Sandbox::plan(const std::string& text, const std::vector<std::string>& overrides) const {
  auto loaded = load(kHead + text, overrides);
  INFO(loaded.status().message());
  REQUIRE(loaded.is_ok());
  return std::move(loaded).value();
}

std::string Sandbox::without_directory(std::string text) const {
  const std::string prefix = directory_ / "";
  for (size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) {
    text.erase(at, prefix.size());
  }
  return text;
}

std::string Sandbox::errors(const std::string& text,
                            const std::vector<std::string>& overrides) const {
  const auto loaded = load(kHead + text, overrides);
  REQUIRE_FALSE(loaded.is_ok());
  return without_directory(loaded.status().message());
}

std::string parameter(const Run& run, const std::string& name) {
  const auto found = run.parameters.find(name);
  return found == run.parameters.end() ? "" : canonical_text(found->second);
}

const Run& run_named(const SweepPlan& plan, const std::string& name) {
  for (const Run& run : plan.runs) {
    if (run.name == name) return run;
  }
  FAIL("no run " << name);
  return plan.runs.front();
}

std::vector<std::string> names_of(const SweepPlan& plan) {
  std::vector<std::string> names;
  for (const Run& run : plan.runs) names.push_back(run.name);
  return names;
}

}  // namespace cox::sweep::test
