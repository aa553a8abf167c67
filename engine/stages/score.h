#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/metrics/metric.h"
#include "engine/stages/decode.h"

namespace cox::engine {

/// Metrics that stay loaded, and what they keep of reference frames.
class ScoreBoard {
 public:
  explicit ScoreBoard(at::Device device) : device_(device) {}

  /// Loads every metric of the plan, so that what one lacks is said before hours of work. Throws as
  /// `score` does.
  void prepare(const JobPlan& plan, const JobInput& input);

  /// Every metric of the plan on `generated` [F, 3, H, W] in [0, 1]. Throws EngineError (cause
  /// user) when LPIPS weights are missing or other than the digest says.
  std::vector<MetricValue> score(const JobPlan& plan, const JobInput& input,
                                 const SourceFrames& source, const at::Tensor& generated);

  /// video::rgb_digest of the frames that `score` takes as reference.
  std::string reference_digest(const JobPlan& plan, const SourceFrames& source);

  /// Forgets what belongs to one video.
  void clear_references();

 private:
  static constexpr std::size_t kMaxReferences = 8;

  const Metric& metric(const std::string& name, const JobInput& input);

  at::Device device_;
  std::map<std::string, std::unique_ptr<Metric>> metrics_;
  BoundedCache<ReferenceFeatures> references_{kMaxReferences};
  BoundedCache<std::string> digests_{kMaxReferences};
};

}  // namespace cox::engine
