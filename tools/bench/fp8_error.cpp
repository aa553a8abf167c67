#include "tools/bench/fp8_error.h"

#include "engine/backbones/fp8_products.h"
#include "engine/tensors/precision.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

double relative_l2(const at::Tensor& got, const at::Tensor& expected) {
  const at::Tensor wide = to_fp32(expected);
  return ((to_fp32(got) - wide).norm() / wide.norm()).item<double>();
}

/// Keeps what each block gives.
class KeepBlocks final : public Adapter {
 public:
  at::Tensor block_output(int, at::Tensor h) const override {
    kept.push_back(h);
    return h;
  }
  mutable std::vector<at::Tensor> kept;
};

/// Compares what each block gives with what was kept, and lets that go.
class CompareBlocks final : public Adapter {
 public:
  explicit CompareBlocks(std::vector<at::Tensor> expected) : expected_(std::move(expected)) {}

  at::Tensor block_output(int, at::Tensor h) const override {
    at::Tensor& expected = expected_.at(distances.size());
    distances.push_back(relative_l2(h, expected));
    expected.reset();
    return h;
  }
  mutable std::vector<double> distances;

 private:
  mutable std::vector<at::Tensor> expected_;
};

}  // namespace

Fp8Error fp8_error(const Backbone& backbone, const BackboneInput& input) {
  const at::NoGradGuard no_grad;
  const KeepBlocks keep;
  const at::Tensor expected = backbone.forward(input, keep);
  const CompareBlocks compare(std::move(keep.kept));
  const at::Tensor got = backbone.forward(input, Fp8Products(compare));
  return {compare.distances, relative_l2(got, expected)};
}

}  // namespace cox::engine
