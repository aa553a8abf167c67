#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/metrics/metric.h"
#include "engine/stages/decode.h"

namespace cox::engine {

/// Keeps loaded metrics and the results that they compute from reference frames.
class ScoreBoard {
 public:
  explicit ScoreBoard(at::Device device) : device_(device) {}

  /// Loads every metric of the plan and checks its requirements, so that a missing file, too few
  /// frames or an empty prompt is reported before hours of work. Throws as `score` does.
  void prepare(const JobPlan& plan, const JobInput& input);

  /// Evaluates every metric of the plan on `generated` [F, 3, H, W] in [0, 1], first rounded to 8
  /// bits if the plan requires it. Throws EngineError (cause user) for missing weights, and
  /// MissingInputError for weights with another digest.
  std::vector<MetricValue> score(const JobPlan& plan, const JobInput& input,
                                 const SourceFrames& source, const at::Tensor& generated);

  /// Returns video::rgb_digest of the frames that `score` uses as reference, "" if there are none.
  std::string reference_digest(const JobPlan& plan, const SourceFrames& source);

  /// Clears everything that belongs to one video, except the features of set metrics.
  void clear_references();

 private:
  static constexpr std::size_t kMaxReferences = 8;
  static constexpr std::size_t kMaxFeatures = 4096;  ///< entries of a few kilobytes each

  struct Loaded {
    std::string key;  ///< everything that its features depend on, except frames and facts
    std::unique_ptr<Metric> metric;
  };

  const Loaded& load(const std::string& name, const JobInput& input, MetricConventions conventions);
  std::shared_ptr<const ReferenceFeatures> reference(const Loaded& loaded, const JobPlan& plan,
                                                     const JobInput& input,
                                                     const SourceFrames& source);

  at::Device device_;
  std::map<std::string, Loaded> metrics_;
  BoundedCache<ReferenceFeatures> references_{kMaxReferences};
  /// Features for set metrics, by digest of the reference frames. They are the same for every run
  /// and expensive to compute, so they are computed once.
  BoundedCache<ReferenceFeatures> features_{kMaxFeatures};
  BoundedCache<std::string> digests_{kMaxReferences};
};

}  // namespace cox::engine
