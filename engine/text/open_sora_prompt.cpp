#include "engine/text/open_sora_prompt.h"

#include <ATen/ops/tensor.h>

#include "engine/tensors/torch.h"
#include "engine/text/clean_text.h"
#include "engine/text/input_ids.h"

namespace cox::engine {

std::unique_ptr<OpenSoraPrompt> OpenSoraPrompt::load(const std::string& model_directory,
                                                     std::int64_t length, at::ScalarType dtype,
                                                     at::Device device) {
  auto clip = ClipTextEncoder::load(model_directory + "/text_encoder_2", dtype, device);
  auto clip_tokenizer =
      ClipTokenizer::load(model_directory + "/tokenizer_2", clip->config().max_positions);
  require_rows(model_directory, clip_tokenizer->vocabulary_size(), clip->config().vocab_size);
  return std::unique_ptr<OpenSoraPrompt>(
      new OpenSoraPrompt(T5TextEncoder::load(model_directory, length, dtype, device),
                         std::move(clip_tokenizer), std::move(clip)));
}

EncodedPrompt OpenSoraPrompt::encode(const std::string& prompt) const {
  EncodedPrompt encoded = t5_->encode(prompt);
  const ClipTokenizer::Tokens tokens = clip_tokenizer_->tokenize(clean_text(prompt));
  encoded.text.pooled = clip_->pooled(at::tensor(tokens.ids, at::kLong).unsqueeze(0));
  return encoded;
}

}  // namespace cox::engine
