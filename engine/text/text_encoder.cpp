#include "engine/text/text_encoder.h"

#include <ATen/ops/tensor.h>

#include "engine/tensors/torch.h"
#include "engine/text/clean_text.h"
#include "engine/text/input_ids.h"
#include "engine/text/umt5_encoder.h"

namespace cox::engine {

struct TextEncoder::State {
  std::unique_ptr<Tokenizer> tokenizer;
  std::unique_ptr<Umt5Encoder> encoder;
};

TextEncoder::TextEncoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
TextEncoder::~TextEncoder() = default;

std::unique_ptr<TextEncoder> TextEncoder::load(const std::string& model_directory,
                                               at::ScalarType dtype, at::Device device) {
  auto state = std::make_unique<State>();
  state->tokenizer = Tokenizer::load(model_directory + "/tokenizer");
  state->encoder = Umt5Encoder::load(model_directory + "/text_encoder", dtype, device);
  require_rows(model_directory, state->tokenizer->vocabulary_size(),
               state->encoder->config().vocab_size);
  return std::unique_ptr<TextEncoder>(new TextEncoder(std::move(state)));
}

EncodedPrompt TextEncoder::encode(const std::string& prompt) const {
  const TokenizedText tokens = state_->tokenizer->tokenize(clean_text(prompt));
  const at::Tensor ids = at::tensor(tokens.ids, at::kLong).unsqueeze(0);
  const at::Tensor mask = at::tensor(tokens.mask, at::kLong).unsqueeze(0);
  const at::Tensor states = state_->encoder->encode(ids, mask);
  return {{states.unsqueeze(1), mask.to(states.device())}, tokens.dropped_tokens};
}

const Umt5Config& TextEncoder::config() const { return state_->encoder->config(); }

}  // namespace cox::engine
