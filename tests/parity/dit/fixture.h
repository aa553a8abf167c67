#pragma once

#include <map>
#include <string>

#include "engine/backbones/longcat/factory.h"
#include "engine/checkpoint/json_config.h"
#include "engine/checkpoint/safetensors.h"
#include "engine/tensors/torch.h"
#include "tests/support/torch_catch.h"

/// The tensors and the model that tests/parity/fixtures/make_dit.py wrote.
namespace cox::engine::parity {

inline const std::string kFixture = std::string(COX_SOURCE_DIR) + "/tests/parity/fixtures/dit";

inline const at::Tensor& expected(const std::string& name) {
  static const std::map<std::string, at::Tensor> kAll =
      Checkpoint::open(kFixture + "/expected.safetensors").load_all();
  const auto found = kAll.find(name);
  if (found == kAll.end()) throw std::out_of_range("fixture has no tensor " + name);
  return found->second;
}

inline std::unique_ptr<Backbone> load_model(Precision precision = Precision::kFp32,
                                            bool zero_pad_text = true) {
  const std::string directory = kFixture + "/model/dit";
  const JsonConfig config =
      JsonConfig::read(directory + "/config.json")
          .with_override("text_tokens_zero_pad", zero_pad_text ? "true" : "false");
  return longcat::transformers().load(config, directory, {at::kCPU, precision});
}

inline constexpr int64_t kClean = 2;  ///< conditioning latent frames of the fixture
inline constexpr double kStageTolerance = 1e-5;
inline constexpr double kGradientTolerance = 1e-4;

}  // namespace cox::engine::parity
