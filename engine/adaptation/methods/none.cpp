#include "engine/adaptation/method.h"

namespace cox::engine {

namespace {

/// The pretrained model as it is.
class None final : public Adaptation, private Adapter {
 public:
  const Adapter& adapter() const override { return *this; }
  std::vector<ParameterGroup> groups() override { return {}; }
};

}  // namespace

std::unique_ptr<Adaptation> make_none(ParameterReader&, const MethodContext&) {
  return std::make_unique<None>();
}

}  // namespace cox::engine
