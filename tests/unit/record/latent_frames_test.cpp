#include "record/latent_frames.h"

#include <catch2/catch.hpp>

using namespace cox;

TEST_CASE("latents hold whole groups of pixel frames, and decode in whole groups") {
  CHECK(held_frames(1) == 1);
  CHECK(held_frames(4) == 1);
  CHECK(held_frames(5) == 5);
  CHECK(held_frames(14) == 13);
  CHECK(decodable_latents(1) == 1);
  CHECK(decodable_latents(28) == 8);
  CHECK(decodable_latents(29) == 8);
  CHECK(decodable_latents(9, 2) == 3);
  CHECK(decodable_latents(10, 2) == 5);
  CHECK(decodable_latents(13, 2) == 5);
}
