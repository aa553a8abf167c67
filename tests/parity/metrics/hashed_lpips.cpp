#include "hashed_lpips.h"

#include <ATen/ops/tensor.h>

#include <cmath>
#include <cstdint>

#include "hashed.h"

namespace cox::engine {

std::map<std::string, at::Tensor> hashed_lpips(LpipsKeys keys) {
  struct Shape {
    int index;
    int64_t in, out, kernel;
  };
  constexpr Shape kShapes[] = {
      {0, 3, 64, 11}, {3, 64, 192, 5}, {6, 192, 384, 3}, {8, 384, 256, 3}, {10, 256, 256, 3}};
  std::map<std::string, at::Tensor> tensors;
  for (std::uint32_t tap = 0; tap < 5; ++tap) {
    const Shape& shape = kShapes[tap];
    const std::string number = std::to_string(shape.index);
    const std::string trunk = keys == LpipsKeys::kPackage
                                  ? "net.slice" + std::to_string(tap + 1) + "." + number + "."
                                  : "features." + number + ".";
    const double fan_in = static_cast<double>(shape.in * shape.kernel * shape.kernel);
    const double bound = std::sqrt(6 / fan_in);
    const std::string head = "lin" + std::to_string(tap) + ".model.1.weight";
    tensors[trunk + "weight"] =
        hashed(3 * tap, {shape.out, shape.in, shape.kernel, shape.kernel}, -bound, bound);
    tensors[trunk + "bias"] = hashed(3 * tap + 1, {shape.out}, -0.1, 0.1);
    tensors[head] = hashed(3 * tap + 2, {1, shape.out, 1, 1}, 0, 1);
    if (keys == LpipsKeys::kPackage) {
      tensors["lins." + std::to_string(tap) + ".model.1.weight"] = tensors[head];
    }
  }
  if (keys == LpipsKeys::kPackage) {
    tensors["scaling_layer.shift"] =
        at::tensor({-.030, -.088, -.188}, at::kDouble).to(at::kFloat).view({1, 3, 1, 1});
    tensors["scaling_layer.scale"] =
        at::tensor({.458, .448, .450}, at::kDouble).to(at::kFloat).view({1, 3, 1, 1});
  }
  return tensors;
}

}  // namespace cox::engine
