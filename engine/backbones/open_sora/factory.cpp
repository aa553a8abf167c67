#include "engine/backbones/open_sora/factory.h"

#include "engine/backbones/open_sora/transformer.h"
#include "engine/backbones/sourced_factory.h"

namespace cox::engine::open_sora {

const TransformerFactory& transformers() {
  static const SourcedFactory<Transformer, Config> factory("Open-Sora transformer");
  return factory;
}

}  // namespace cox::engine::open_sora
