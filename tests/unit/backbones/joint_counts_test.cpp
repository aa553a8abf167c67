// CogVideoX and Open-Sora at their published sizes, on shapes.

#include <functional>
#include <numeric>

#include "engine/backbones/cogvideox/factory.h"
#include "engine/backbones/open_sora/factory.h"
#include "tests/support/torch_catch.h"
#include "tests/unit/backbones/published_sizes.h"

using namespace cox;
using namespace cox::engine;

namespace {

struct Counts {
  size_t tensors = 0;
  int64_t parameters = 0;
  int64_t positions = 0;  ///< a stored table, which counts as a buffer
};

Counts counts_of(Backbone& backbone) {
  Counts counts;
  for (const NamedTensor& parameter : backbone.parameters()) {
    ++counts.tensors;
    const bool table = parameter.name == "patch_embed.pos_embedding";
    (table ? counts.positions : counts.parameters) += parameter.tensor.numel();
  }
  return counts;
}

}  // namespace

TEST_CASE("CogVideoX has the published tensors and parameters") {
  const auto small = cogvideox::shape_transformer(cogvideox_config("2b"));
  CHECK(counts_of(*small).tensors == 736);
  CHECK(counts_of(*small).parameters == 1'693'783'872);
  const auto large = cogvideox::shape_transformer(cogvideox_config("5b"));
  CHECK(counts_of(*large).tensors == 1024);
  CHECK(counts_of(*large).parameters == 5'570'283'072);
  const auto image = cogvideox::shape_transformer(cogvideox_config("5b-i2v"));
  CHECK(counts_of(*image).tensors == 1025);
  CHECK(counts_of(*image).parameters == 5'570'479'680);
  CHECK(counts_of(*image).positions == 17'776 * 3072);
}

TEST_CASE("Open-Sora v2.0 has the published tensors and parameters") {
  const auto model = open_sora::shape_transformer(open_sora_config());
  CHECK(counts_of(*model).tensors == 1082);
  CHECK(counts_of(*model).parameters == 11'891'390'528);
  CHECK(model->shape().blocks == 57);
  CHECK(model->shape().time_embedding == 3072);
  CHECK(model->shape().latent_channels == 16);
}
