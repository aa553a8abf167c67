#pragma once

#include "engine/backbones/backbone.h"

namespace cox::engine {

/// A backbone without weights; a test says what it answers.
class BareBackbone : public Backbone {
 public:
  explicit BareBackbone(const BackboneShape& shape, at::ScalarType dtype = at::kFloat)
      : shape_(shape), dtype_(dtype) {}

  BackboneShape shape() const override { return shape_; }
  std::vector<LinearSiteShape> linear_sites() const override { return {}; }
  std::vector<NamedTensor> parameters() override { return {}; }
  at::ScalarType compute_dtype() const override { return dtype_; }
  at::Device device() const override { return at::kCPU; }

 private:
  BackboneShape shape_;
  at::ScalarType dtype_;
};

}  // namespace cox::engine
