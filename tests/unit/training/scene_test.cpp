#include "tools/training/scene.h"

#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"
#include "tests/support/torch_catch.h"
#include "tools/training/render.h"

using namespace cox;
using namespace cox::engine;

namespace {

at::Tensor picture_of(std::string_view domain, uint64_t seed, uint64_t index) {
  const Scene scene = sample_scene(domain_named(domain), seed, index, 1.5);
  return render({&scene, 1}, {.height = 32, .width = 48, .frames = 5}, at::kCPU);
}

}  // namespace

TEST_CASE("A scene depends on domain, seed and index alone") {
  CHECK(picture_of("train", 1, 7).equal(picture_of("train", 1, 7)));
  CHECK_FALSE(picture_of("train", 1, 7).equal(picture_of("train", 1, 8)));
  CHECK_FALSE(picture_of("train", 1, 7).equal(picture_of("train", 2, 7)));
  CHECK_FALSE(picture_of("train", 1, 7).equal(picture_of("motion", 1, 7)));
}

TEST_CASE("Pictures are RGB in [0, 1] and move") {
  for (const Domain& domain : domains()) {
    const at::Tensor clip = picture_of(domain.name, 3, 0);
    CHECK(clip.sizes() == at::IntArrayRef({1, 3, 5, 32, 48}));
    CHECK(clip.min().item<float>() >= 0);
    CHECK(clip.max().item<float>() <= 1);
    CHECK_FALSE(clip.select(2, 0).equal(clip.select(2, 4)));
  }
}

TEST_CASE("A clip that begins later is the same scene at a later time") {
  const Scene scene = sample_scene(domain_named("motion"), 5, 11, 1.5);
  const RenderSize whole = {.height = 32, .width = 48, .frames = 9};
  RenderSize later = whole;
  later.first_frame = 4;
  later.frames = 5;
  CHECK(render({&scene, 1}, whole, at::kCPU)
            .narrow(2, 4, 5)
            .equal(render({&scene, 1}, later, at::kCPU)));
}

TEST_CASE("An unknown domain is refused and the known ones are named") {
  try {
    domain_named("underwater");
    FAIL("accepted");
  } catch (const EngineError& error) {
    CHECK(error.cause() == FailureCause::kUser);
    CHECK(std::string(error.what()).find("texture") != std::string::npos);
  }
}
