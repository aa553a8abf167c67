#pragma once

#include <string>
#include <vector>

#include "record/field.h"

namespace cox {

/// One metric on one video. Frames are the scored frames in time order.
struct MetricValue {
  std::string name;
  double mean = 0;
  std::vector<double> per_frame;
  std::vector<float> features = {};

  bool operator==(const MetricValue&) const = default;

  static constexpr auto fields() {
    using M = MetricValue;
    return std::tuple{
        Field{"name", "", "A name of schemas/metrics.", &M::name},
        Field{"mean", "", "Mean over the scored frames, in the metric's unit.", &M::mean},
        Field{"per_frame", "", "The value of each scored frame.", &M::per_frame},
        Field{"features", "",
              "For a metric of scope `set`: the video's feature vector; the metric's value is made "
              "from those of many videos. Empty otherwise.",
              &M::features},
    };
  }
};

}  // namespace cox
