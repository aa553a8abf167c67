// The VAEs of CogVideoX and Open-Sora at their published sizes, on shapes.

#include <fstream>
#include <functional>
#include <numeric>

#include "engine/vae/cogvideox/vae.h"
#include "engine/vae/hunyuan/vae.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/torch_catch.h"

using namespace cox;
using namespace cox::engine;
using Catch::Matchers::Contains;

namespace {

const std::string kCogVideoX = R"({"_class_name": "AutoencoderKLCogVideoX", "in_channels": 3,
  "out_channels": 3, "block_out_channels": [128, 256, 256, 512], "latent_channels": 16,
  "layers_per_block": 3, "act_fn": "silu", "norm_eps": 1e-06, "norm_num_groups": 32,
  "temporal_compression_ratio": 4, "scaling_factor": 1.15258426, "shift_factor": null,
  "use_quant_conv": false, "use_post_quant_conv": false})";
const std::string kHunyuan = R"({"_class_name": "AutoencoderKLHunyuanVideo", "in_channels": 3,
  "out_channels": 3, "block_out_channels": [128, 256, 512, 512], "latent_channels": 16,
  "layers_per_block": 2, "act_fn": "silu", "norm_num_groups": 32, "scaling_factor": 0.476986,
  "spatial_compression_ratio": 8, "temporal_compression_ratio": 4,
  "mid_block_add_attention": true})";

/// A config.json with one text replaced by another.
class ConfigFile {
 public:
  explicit ConfigFile(std::string text, const std::string& from = "", const std::string& to = "") {
    if (!from.empty()) text.replace(text.find(from), from.size(), to);
    std::ofstream(path()) << text;
  }
  std::string path() const { return folder_ / "config.json"; }

 private:
  cox::test::TemporaryDirectory folder_;
};

int64_t parameters_of(const std::vector<ExpectedTensor>& tensors) {
  int64_t total = 0;
  for (const ExpectedTensor& tensor : tensors) {
    total +=
        std::accumulate(tensor.shape.begin(), tensor.shape.end(), int64_t{1}, std::multiplies<>());
  }
  return total;
}

}  // namespace

TEST_CASE("the VAE of CogVideoX has the published tensors and parameters") {
  const auto config = read_cogvideox_vae_config(ConfigFile(kCogVideoX).path());
  const auto tensors = expected_cogvideox_vae(config);
  CHECK(tensors.size() == 436);
  CHECK(parameters_of(tensors) == 215'583'907);
  CHECK(config.spatial_scale() == 8);
}

TEST_CASE("the VAE of Open-Sora has the published tensors and parameters") {
  const auto config = read_hunyuan_vae_config(ConfigFile(kHunyuan).path());
  const auto tensors = expected_hunyuan_vae(config);
  CHECK(tensors.size() == 248);
  CHECK(parameters_of(tensors) == 246'478'803);
  CHECK(config.spatial_scale() == 8);
}

TEST_CASE("a VAE of another family or layout is refused by the entry that says so") {
  CHECK_THROWS_WITH(read_cogvideox_vae_config(ConfigFile(kHunyuan).path()),
                    Contains("expected AutoencoderKLCogVideoX, got AutoencoderKLHunyuanVideo"));
  CHECK_THROWS_WITH(
      read_cogvideox_vae_config(
          ConfigFile(kCogVideoX, "\"use_quant_conv\": false", "\"use_quant_conv\": true").path()),
      Contains("'use_quant_conv': expected false, got true"));
  CHECK_THROWS_WITH(
      read_hunyuan_vae_config(ConfigFile(kHunyuan, "\"temporal_compression_ratio\": 4",
                                         "\"temporal_compression_ratio\": 8")
                                  .path()),
      Contains("'temporal_compression_ratio': expected 4, got 8"));
  CHECK_THROWS_WITH(
      read_hunyuan_vae_config(ConfigFile(kHunyuan, "[128, 256, 512, 512]", "[100, 256]").path()),
      Contains("multiples of 'norm_num_groups' 32, got 100"));
}
