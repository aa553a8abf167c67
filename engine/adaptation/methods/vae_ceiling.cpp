#include "engine/adaptation/method.h"

namespace cox::engine {

namespace {

/// The frames to be scored against, through the VAE and back: what no model behind this VAE exceeds
/// by more than chance.
class VaeCeiling final : public Adaptation, private Adapter {
 public:
  const Adapter& adapter() const override { return *this; }
  std::vector<ParameterGroup> groups() override { return {}; }
  ScoredFrames scored_frames() const override { return ScoredFrames::kEncodedTruth; }
};

}  // namespace

std::unique_ptr<Adaptation> make_vae_ceiling(ParameterReader&, const MethodContext&) {
  return std::make_unique<VaeCeiling>();
}

}  // namespace cox::engine
