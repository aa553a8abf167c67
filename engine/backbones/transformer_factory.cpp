#include "engine/backbones/transformer_factory.h"

#include <stdexcept>

namespace cox::engine {

std::unique_ptr<Backbone> TransformerFactory::given(const JsonConfig& json, const GivenWeight&,
                                                    at::ScalarType) const {
  throw std::logic_error(json.path() + ": its family has no transformer over given weights");
}

}  // namespace cox::engine
