#include "engine/text/t5_text_encoder.h"

#include <ATen/ops/tensor.h>

#include "engine/tensors/torch.h"
#include "engine/text/input_ids.h"

namespace cox::engine {

std::unique_ptr<T5TextEncoder> T5TextEncoder::load(const std::string& model_directory,
                                                   std::int64_t length, at::ScalarType dtype,
                                                   at::Device device) {
  auto tokenizer = Tokenizer::load(model_directory + "/tokenizer", length);
  auto encoder = T5Encoder::load(model_directory + "/text_encoder", dtype, device);
  require_rows(model_directory, tokenizer->vocabulary_size(), encoder->config().vocab_size);
  return std::unique_ptr<T5TextEncoder>(
      new T5TextEncoder(std::move(tokenizer), std::move(encoder)));
}

EncodedPrompt T5TextEncoder::encode(const std::string& prompt) const {
  const TokenizedText tokens = tokenizer_->tokenize(prompt);
  const at::Tensor states = encoder_->encode(at::tensor(tokens.ids, at::kLong).unsqueeze(0));
  return {{states.unsqueeze(1), {}}, tokens.dropped_tokens};
}

}  // namespace cox::engine
