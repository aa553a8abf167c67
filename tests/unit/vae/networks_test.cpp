#include "engine/vae/networks.h"

#include <numeric>

#include "tests/support/torch_catch.h"

namespace cox::engine {

TEST_CASE("the published VAE configuration has 194 tensors and 126,892,531 parameters") {
  VaeConfig config;
  config.base_dim = 96;
  config.decoder_base_dim = 96;
  config.z_dim = 16;
  config.num_res_blocks = 2;
  config.dim_mult = {1, 2, 4, 4};
  config.temporal_downsample = {false, true, true};
  WeightSource weights = WeightSource::declaring(at::kFloat);
  VaeNetworks(config, weights);

  CHECK(weights.taken().size() == 194);
  int64_t parameters = 0;
  for (const ExpectedTensor& tensor : weights.taken()) {
    parameters +=
        std::accumulate(tensor.shape.begin(), tensor.shape.end(), int64_t{1}, std::multiplies<>());
  }
  CHECK(parameters == 126'892'531);
}

}  // namespace cox::engine
