#include "engine/tensors/shape.h"

#include "engine/tensors/error.h"
#include "engine/tensors/precision.h"
#include "tests/support/torch_catch.h"

using namespace cox;
using namespace cox::engine;

TEST_CASE("check_shape names the tensor, what was expected and what came") {
  CHECK_NOTHROW(check_shape(at::zeros({1, 16, 4}), {1, kAny, 4}, "latents"));
  CHECK_THROWS_WITH(check_shape(at::zeros({1, 16, 4}), {1, kAny, 5}, "latents"),
                    "latents: expected shape [1, *, 5], got [1, 16, 4]");
  CHECK_THROWS_WITH(check_shape(at::Tensor(), {1}, "noise"),
                    "noise: expected shape [1], got no tensor");
  CHECK_THROWS_AS(check_shape(at::zeros({1, 2}), {1}, "x"), std::invalid_argument);
}

TEST_CASE("Precisions have one spelling") {
  CHECK(parse_precision("bf16") == Precision::kBf16);
  CHECK(precision_name(parse_precision("fp32")) == "fp32");
  CHECK_THROWS_WITH(parse_precision("fp16"), "dtype: expected fp32 or bf16, got 'fp16'");
}
