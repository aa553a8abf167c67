#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace cox::engine {

/// One relative L2 distance and its upper bound.
struct Comparison {
  std::string what;
  double distance = 0;
  double bound = 0;

  bool holds() const { return distance <= bound; }  // false for NaN
};

/// |got - expected| / |expected| over all values, in fp64 on the CPU; infinite for other shapes.
double relative_distance(const at::Tensor& got, const at::Tensor& expected);

/// Returns the largest distance over pairs.
double largest_distance(const std::vector<at::Tensor>& got,
                        const std::vector<at::Tensor>& expected);

}  // namespace cox::engine
