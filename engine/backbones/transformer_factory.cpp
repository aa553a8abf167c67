#include "engine/backbones/transformer_factory.h"

#include <stdexcept>

namespace cox::engine {

std::unique_ptr<Backbone> TransformerFactory::given(const JsonConfig& json, const GivenWeight&,
                                                    at::ScalarType) const {
  throw std::logic_error(json.path() +
                         ": this family cannot build a transformer from given weights");
}

}  // namespace cox::engine
