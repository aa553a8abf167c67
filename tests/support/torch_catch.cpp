#include "tests/support/torch_catch.h"

namespace cox::engine {

double relative_error(const at::Tensor& got, const at::Tensor& expected) {
  REQUIRE(got.sizes() == expected.sizes());
  const at::Tensor reference = expected.to(at::kDouble);
  return ((got.to(at::kDouble) - reference).norm() / reference.norm()).item<double>();
}

}  // namespace cox::engine
