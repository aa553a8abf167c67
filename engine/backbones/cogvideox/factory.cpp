#include "engine/backbones/cogvideox/factory.h"

#include "engine/backbones/cogvideox/transformer.h"
#include "engine/backbones/sourced_factory.h"

namespace cox::engine::cogvideox {

const TransformerFactory& transformers() {
  static const SourcedFactory<Transformer, Config> factory("CogVideoX transformer");
  return factory;
}

}  // namespace cox::engine::cogvideox
