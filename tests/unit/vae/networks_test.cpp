#include "engine/vae/networks.h"

#include "tests/support/torch_catch.h"
#include "tests/support/weight_count.h"

namespace cox::engine {

TEST_CASE("the published VAE configuration has 194 tensors and 126,892,531 parameters") {
  VaeConfig config;
  config.base_dim = 96;
  config.decoder_base_dim = 96;
  config.z_dim = 16;
  config.num_res_blocks = 2;
  config.dim_mult = {1, 2, 4, 4};
  config.temporal_downsample = {false, true, true};
  const auto tensors = declared_tensors<VaeNetworks>(config);
  CHECK(tensors.size() == 194);
  CHECK(weight_count(tensors) == 126'892'531);
}

}  // namespace cox::engine
