#include "engine/backbones/wan/factory.h"

#include "engine/backbones/visited_factory.h"
#include "engine/backbones/wan/transformer.h"

namespace cox::engine::wan {

const TransformerFactory& transformers() {
  static const VisitedFactory<Transformer, Config, Weights> factory("Wan transformer",
                                                                    wide_weights());
  return factory;
}

}  // namespace cox::engine::wan
