#include "engine/adaptation/method.h"

namespace cox::engine {

namespace {

/// The last frame of the condition, repeated: what a model must exceed to predict anything.
class RepeatLast final : public Adaptation, private Adapter {
 public:
  const Adapter& adapter() const override { return *this; }
  std::vector<ParameterGroup> groups() override { return {}; }
  ScoredFrames scored_frames() const override { return ScoredFrames::kLastConditionFrame; }
};

}  // namespace

std::unique_ptr<Adaptation> make_repeat_last(ParameterReader&, const MethodContext&) {
  return std::make_unique<RepeatLast>();
}

}  // namespace cox::engine
