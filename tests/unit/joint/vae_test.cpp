// The VAEs of CogVideoX and Open-Sora at their published sizes, shapes only.

#include "engine/backbones/published.h"
#include "engine/vae/cogvideox/networks.h"
#include "engine/vae/hunyuan/networks.h"
#include "tests/support/torch_catch.h"
#include "tests/support/weight_count.h"

using namespace cox;
using namespace cox::engine;
using Catch::Matchers::Contains;

TEST_CASE("the VAE of CogVideoX has the published tensors and parameters") {
  const auto config = parse_cogvideox_vae_config(published_part("cogvideox-2b", "vae"));
  const auto tensors = declared_tensors<cogvideox_vae::Networks>(config);
  CHECK(tensors.size() == 436);
  CHECK(weight_count(tensors) == 215'583'907);
  CHECK(config.spatial_scale() == 8);
  CHECK(config.scaling_factor == 1.15258426);
  CHECK(parse_cogvideox_vae_config(published_part("cogvideox-5b-i2v", "vae")).scaling_factor ==
        0.7);
}

TEST_CASE("the VAE of Open-Sora has the published tensors and parameters") {
  const auto config = parse_hunyuan_vae_config(published_part("open-sora-2.0", "vae"));
  const auto tensors = declared_tensors<hunyuan_vae::Networks>(config);
  CHECK(tensors.size() == 248);
  CHECK(weight_count(tensors) == 246'478'803);
  CHECK(config.spatial_scale() == 8);
}

TEST_CASE("a VAE of another family or layout is refused, naming the entry") {
  const JsonConfig cogvideox = published_part("cogvideox-2b", "vae");
  const JsonConfig hunyuan = published_part("open-sora-2.0", "vae");
  CHECK_THROWS_WITH(parse_cogvideox_vae_config(hunyuan),
                    Contains("expected AutoencoderKLCogVideoX, got AutoencoderKLHunyuanVideo"));
  CHECK_THROWS_WITH(parse_hunyuan_vae_config(cogvideox),
                    Contains("expected AutoencoderKLHunyuanVideo, got AutoencoderKLCogVideoX"));
  CHECK_THROWS_WITH(parse_cogvideox_vae_config(cogvideox.with_override("use_quant_conv", "true")),
                    Contains("'use_quant_conv': expected false, got true"));
  CHECK_THROWS_WITH(
      parse_hunyuan_vae_config(hunyuan.with_override("temporal_compression_ratio", "8")),
      Contains("'temporal_compression_ratio': expected 4, got 8"));
  CHECK_THROWS_WITH(
      parse_hunyuan_vae_config(hunyuan.with_override("block_out_channels", "[100, 256, 512, 512]")),
      Contains("multiples of 'norm_num_groups' 32, got 100"));
}
