#include "engine/backbones/longcat/factory.h"

#include "engine/backbones/longcat/transformer.h"
#include "engine/backbones/visited_factory.h"

namespace cox::engine::longcat {

const TransformerFactory& transformers() {
  static const VisitedFactory<Transformer, Config, Weights> factory("DiT");
  return factory;
}

}  // namespace cox::engine::longcat
