#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/metrics/metric.h"
#include "engine/stages/decode.h"

namespace cox::engine {

/// Keeps metrics loaded, and what they compute from reference frames.
class ScoreBoard {
 public:
  explicit ScoreBoard(at::Device device) : device_(device) {}

  /// Loads every metric of the plan and checks that the job has what each needs, so that a missing
  /// file, too few frames or an empty prompt are reported before hours of work.
  /// Throws as `score` does.
  void prepare(const JobPlan& plan, const JobInput& input);

  /// Evaluates every metric of the plan on `generated` [F, 3, H, W] in [0, 1], rounded to 8 bits
  /// first when the plan says so. Throws EngineError (cause user) for missing weights, and
  /// MissingInputError for weights with another digest.
  std::vector<MetricValue> score(const JobPlan& plan, const JobInput& input,
                                 const SourceFrames& source, const at::Tensor& generated);

  /// Returns video::rgb_digest of the frames that `score` takes as reference, "" when there are
  /// none.
  std::string reference_digest(const JobPlan& plan, const SourceFrames& source);

  /// Forgets what belongs to one video, all but the features of set metrics.
  void clear_references();

 private:
  static constexpr std::size_t kMaxReferences = 8;
  static constexpr std::size_t kMaxFeatures = 4096;  ///< of some kilobytes each

  struct Loaded {
    std::string key;  ///< everything that its features depend on besides frames and facts
    std::unique_ptr<Metric> metric;
  };

  const Loaded& load(const std::string& name, const JobInput& input, MetricConventions conventions);
  std::shared_ptr<const ReferenceFeatures> reference(const Loaded& loaded, const JobPlan& plan,
                                                     const JobInput& input,
                                                     const SourceFrames& source);

  at::Device device_;
  std::map<std::string, Loaded> metrics_;
  BoundedCache<ReferenceFeatures> references_{kMaxReferences};
  /// Of set metrics, by the digest of the reference frames: they are the same for every run, and a
  /// network made them, so they are computed once.
  BoundedCache<ReferenceFeatures> features_{kMaxFeatures};
  BoundedCache<std::string> digests_{kMaxReferences};
};

}  // namespace cox::engine
