#include "record/latent_split.h"

#include <catch2/catch.hpp>

using cox::LatentSplit;
using cox::split_latents;

namespace {

void check(const LatentSplit& split, std::int64_t context, std::int64_t train,
           std::int64_t held_out) {
  CHECK(split.context == context);
  CHECK(split.train == train);
  CHECK(split.held_out == held_out);
}

}  // namespace

TEST_CASE("the split of every window that the study used") {
  check(split_latents(32, 2, .25), 1, 6, 1);
  check(split_latents(32, 7, .25), 2, 5, 1);
  check(split_latents(32, 14, .125), 4, 3, 1);
  check(split_latents(32, 14, .25), 4, 3, 1);
  check(split_latents(32, 14, .375), 4, 3, 1);
  check(split_latents(32, 14, .5), 4, 2, 2);
  check(split_latents(32, 24, .25), 6, 1, 1);
  check(split_latents(120, 14, .25), 4, 20, 6);
  check(split_latents(200, 14, .25), 4, 35, 11);
}

TEST_CASE("a window as long as the condition trains one latent frame and holds out none") {
  check(split_latents(14, 14, .25), 3, 1, 0);
}

TEST_CASE("a window of a single latent frame trains on it without context") {
  check(split_latents(1, 14, .25), 0, 1, 0);
  check(split_latents(4, 1, .25), 0, 1, 0);
}
