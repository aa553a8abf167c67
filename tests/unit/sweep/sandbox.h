#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/dataset/manifest.h"
#include "coordinator/sweep/plan.h"
#include "tests/support/temporary_directory.h"

namespace cox::sweep::test {

/// What every sweep of these tests begins with: four lines.
inline const std::string kHead =
    "version: 1\n"
    "series: {name: s}\n"
    "dataset: {manifest: clips.json}\n"
    "backbone: {name: longcat-video, model: model}\n";

/// A temporary folder with a manifest (`clips.json`: cat and dog of 100 frames, broken rejected), a
/// model directory (`model`) and LPIPS weights (`lpips.safetensors`).
class Sandbox {
 public:
  Sandbox();

  std::string path(const std::string& name) const { return directory_ / name; }
  void write(const std::string& name, const std::string& text) const;
  void write_manifest(const dataset::Manifest& manifest) const;

  /// Loads `text` as the file `a.yaml`.
  Result<SweepPlan> load(const std::string& text,
                         const std::vector<std::string>& overrides = {}) const;
  /// The plan of kHead + `text`, which must be right.
  SweepPlan plan(const std::string& text, const std::vector<std::string>& overrides = {}) const;
  /// The message for kHead + `text`, which must be wrong; the folder's name is taken out.
  std::string errors(const std::string& text, const std::vector<std::string>& overrides = {}) const;
  std::string without_directory(std::string text) const;

 private:
  cox::test::TemporaryDirectory directory_;
};

dataset::Manifest small_manifest();

/// A parameter of a run as its canonical text, "" when the run does not have it.
std::string parameter(const Run& run, const std::string& name);

/// The run of that name; the test fails without it.
const Run& run_named(const SweepPlan& plan, const std::string& name);

std::vector<std::string> names_of(const SweepPlan& plan);

}  // namespace cox::sweep::test
