#include "engine/vae/config.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/file.h"

namespace cox::engine {
namespace {

const std::string kGood = R"({"base_dim": 4, "z_dim": 2, "dim_mult": [1, 2, 2, 2],
  "num_res_blocks": 1, "temperal_downsample": [false, true, true],
  "latents_mean": [0, 0.5], "latents_std": [1, 2], "attn_scales": []EXTRA})";

VaeConfig read(std::string text, const std::string& replaced, const std::string& with) {
  text.replace(text.find(replaced), replaced.size(), with);
  const std::size_t extra = text.find("EXTRA");
  if (extra != std::string::npos) text.erase(extra, 5);
  const std::string path =
      unique_sibling((std::filesystem::temp_directory_path() / "cox_vae_config.json").string());
  REQUIRE(write_file_atomically(path, text).is_ok());
  struct Remove {
    std::string path;
    ~Remove() { std::filesystem::remove(path); }
  } remove{path};
  return read_vae_config(path);
}

}  // namespace

TEST_CASE("a VAE config determines how many pixels a latent covers") {
  const VaeConfig config = read(kGood, "EXTRA", "");
  CHECK(config.decoder_base_dim == 4);
  CHECK(config.spatial_scale() == 8);
  CHECK(config.temporal_scale() == 4);
}

TEST_CASE("a VAE config that contradicts itself is refused, naming the key") {
  CHECK_THROWS_WITH(read(kGood, "\"z_dim\": 2", "\"z_dim\": 3"), Catch::Contains("latents_mean"));
  CHECK_THROWS_WITH(read(kGood, "[false, true, true]", "[false, true]"),
                    Catch::Contains("temperal_downsample") && Catch::Contains("expected 3"));
  CHECK_THROWS_WITH(read(kGood, "\"latents_std\": [1, 2]", "\"latents_std\": [1, 0]"),
                    Catch::Contains("latents_std") && Catch::Contains("got 0"));
  CHECK_THROWS_WITH(read(kGood, "\"base_dim\": 4,", ""), Catch::Contains("base_dim"));
}

TEST_CASE("a VAE of another layout is refused") {
  CHECK_THROWS_WITH(read(kGood, "EXTRA", ", \"attn_scales\": [0.5]"),
                    Catch::Contains("attn_scales"));
  CHECK_THROWS_WITH(read(kGood, "EXTRA", ", \"patch_size\": 2"),
                    Catch::Contains("multiples of patch_size squared, 4"));
  CHECK_THROWS_WITH(read(kGood, "EXTRA", ", \"patch_size\": 0"), Catch::Contains("patch_size"));
}

}  // namespace cox::engine
