#include "engine/adaptation/method.h"

namespace cox::engine {

namespace {

/// Another program generates: the model stays as it is, and is not even loaded for a job.
class External final : public Adaptation, private Adapter {
 public:
  const Adapter& adapter() const override { return *this; }
  std::vector<ParameterGroup> groups() override { return {}; }
};

}  // namespace

std::unique_ptr<Adaptation> make_external(ParameterReader& parameters, const MethodContext&) {
  // Read where the videos are read: engine/stages/external.h.
  for (const char* name : {"videos", "made_by", "videos_digest"}) parameters.text(name);
  parameters.integer("skip_frames");
  return std::make_unique<External>();
}

}  // namespace cox::engine
