#include "engine/metrics/lpips_network.h"

#include <fmt/format.h>

#include <ATen/ops/conv2d.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/tensor.h>

#include <set>
#include <vector>

#include "engine/checkpoint/safetensors.h"
#include "engine/checkpoint/weight_map.h"
#include "engine/tensors/error.h"
#include "engine/tensors/shape.h"

namespace cox::engine {

namespace {

struct Convolution {
  int index;  ///< within torchvision's `features`
  int64_t in, out, kernel, stride, padding;
  bool pooled;  ///< preceded by 3x3 max pooling with stride 2
};

constexpr Convolution kAlexNet[LpipsNetwork::kTaps] = {{0, 3, 64, 11, 4, 2, false},
                                                       {3, 64, 192, 5, 1, 2, true},
                                                       {6, 192, 384, 3, 1, 1, true},
                                                       {8, 384, 256, 3, 1, 1, false},
                                                       {10, 256, 256, 3, 1, 1, false}};
constexpr int64_t kSmallestSide = 32;  // the third tap needs it
constexpr double kNormEpsilon = 1e-10;

// The constants of the package's scaling layer: ImageNet's mean and spread, for pixels in [-1, 1].
const std::vector<double> kShift = {-.030, -.088, -.188};
const std::vector<double> kScale = {.458, .448, .450};

std::string head_name(int tap) { return fmt::format("lin{}.model.1.weight", tap); }
std::string head_alias(int tap) { return fmt::format("lins.{}.model.1.weight", tap); }

std::string trunk_name(int tap, bool package_keys) {
  const int index = kAlexNet[tap].index;
  return package_keys ? fmt::format("net.slice{}.{}.", tap + 1, index)
                      : fmt::format("features.{}.", index);
}

std::vector<ExpectedTensor> expected_tensors(const Checkpoint& file, bool package_keys) {
  std::vector<ExpectedTensor> expected;
  for (int tap = 0; tap < LpipsNetwork::kTaps; ++tap) {
    const Convolution& layer = kAlexNet[tap];
    const std::string trunk = trunk_name(tap, package_keys);
    expected.push_back({trunk + "weight", {layer.out, layer.in, layer.kernel, layer.kernel}});
    expected.push_back({trunk + "bias", {layer.out}});
    expected.push_back({head_name(tap), {1, layer.out, 1, 1}});
    if (file.contains(head_alias(tap))) expected.push_back({head_alias(tap), {1, layer.out, 1, 1}});
  }
  if (package_keys) {
    expected.push_back({"scaling_layer.shift", {1, 3, 1, 1}});
    expected.push_back({"scaling_layer.scale", {1, 3, 1, 1}});
  }
  return expected;
}

at::Tensor constant(const std::vector<double>& values, at::Device device) {
  return at::tensor(values, at::kDouble).to(device, at::kFloat).view({1, 3, 1, 1});
}

}  // namespace

LpipsNetwork::LpipsNetwork(const std::string& path, at::Device device) {
  const Checkpoint file = Checkpoint::open(path);
  const bool package_keys = file.contains(trunk_name(0, true) + "weight");
  check_keys(file, expected_tensors(file, package_keys), "LPIPS");
  const auto load = [&](const std::string& name) { return file.load(name, device, at::kFloat); };
  for (int tap = 0; tap < kTaps; ++tap) {
    const std::string trunk = trunk_name(tap, package_keys);
    layers_[static_cast<size_t>(tap)] = {load(trunk + "weight"), load(trunk + "bias"),
                                         load(head_name(tap))};
  }
  shift_ = package_keys ? load("scaling_layer.shift") : constant(kShift, device);
  scale_ = package_keys ? load("scaling_layer.scale") : constant(kScale, device);
  const auto stated = file.metadata().find("trunk");
  if (stated == file.metadata().end()) return;
  trunk_ = stated->second;
  if (trunk_ != "imagenet" && trunk_ != "random") {
    throw user_error(
        fmt::format("{}: metadata trunk is '{}'; expected 'imagenet' or 'random'", path, trunk_));
  }
}

ReferenceFeatures LpipsNetwork::taps(const at::Tensor& frames) const {
  check_shape(frames, {kAny, 3, kAny, kAny}, "frames");
  if (frames.size(2) < kSmallestSide || frames.size(3) < kSmallestSide) {
    throw user_error(
        fmt::format("lpips: expected frames of at least {} pixels on each side, got {}",
                    kSmallestSide, shape_text(frames.sizes())));
  }
  ReferenceFeatures taps;
  at::Tensor x = (frames * 2 - 1 - shift_) / scale_;
  for (size_t tap = 0; tap < kTaps; ++tap) {
    const Convolution& layer = kAlexNet[tap];
    if (layer.pooled) x = at::max_pool2d(x, {3, 3}, {2, 2});
    x = at::relu(at::conv2d(x, layers_[tap].weight, layers_[tap].bias, {layer.stride, layer.stride},
                            {layer.padding, layer.padding}));
    taps.push_back(x / (x.square().sum({1}, /*keepdim=*/true).sqrt() + kNormEpsilon));
  }
  return taps;
}

at::Tensor LpipsNetwork::distance(const ReferenceFeatures& a, const ReferenceFeatures& b) const {
  at::Tensor total = at::zeros({a.at(0).size(0)}, a[0].options());
  for (size_t tap = 0; tap < kTaps; ++tap) {
    check_shape(a.at(tap), b.at(tap).sizes(), "taps");
    const at::Tensor difference = (a[tap] - b[tap]).square();
    total = total + at::conv2d(difference, layers_[tap].head).mean(at::IntArrayRef{1, 2, 3});
  }
  return total;
}

}  // namespace cox::engine
