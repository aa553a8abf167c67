#include "engine/text/tokenizer.h"

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "engine/checkpoint/json_config.h"
#include "engine/tensors/error.h"
#include "engine/text/piece_encoder.h"

namespace cox::engine {
namespace {

namespace fs = std::filesystem;

/// What the published pipeline pads every text to. The config's model_max_length counts where it is
/// smaller: there "no limit" is written as a huge number.
constexpr double kPipelineLength = 512;

void require_model_file(const std::string& directory) {
  if (fs::exists(directory + "/spiece.model")) return;
  const bool fast_only = fs::exists(directory + "/tokenizer.json");
  throw user_error(
      concat(directory, ": expected spiece.model (SentencePiece), ",
             fast_only ? "found only tokenizer.json, which is not read: copy spiece.model from the "
                         "published tokenizer beside it"
                       : "found no such file"),
      "missing_model_file");
}

std::int64_t text_length(const JsonConfig& config) {
  const double length =
      std::min(kPipelineLength,
               config.has("model_max_length") ? config.real("model_max_length") : kPipelineLength);
  if (length < 1) {
    throw user_error(concat(config.path(), ": model_max_length: expected at least 1, got ", length),
                     "bad_config");
  }
  return static_cast<std::int64_t>(length);
}

}  // namespace

struct Tokenizer::State {
  std::string path;
  std::int64_t max_length = 0;
  std::unique_ptr<PieceEncoder> pieces;
};

Tokenizer::Tokenizer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Tokenizer::~Tokenizer() = default;

std::unique_ptr<Tokenizer> Tokenizer::load(const std::string& directory) {
  require_model_file(directory);
  auto state = std::make_unique<State>();
  state->path = directory + "/spiece.model";
  state->max_length = text_length(JsonConfig::read(directory + "/tokenizer_config.json"));
  state->pieces = open_piece_encoder(state->path);
  if (state->pieces->pad_id() < 0 || state->pieces->eos_id() < 0) {
    throw user_error(concat(state->path, ": expected pieces for padding and </s>, got ids ",
                            state->pieces->pad_id(), " and ", state->pieces->eos_id()),
                     "bad_tokenizer");
  }
  return std::unique_ptr<Tokenizer>(new Tokenizer(std::move(state)));
}

TokenizedText Tokenizer::tokenize(const std::string& text) const {
  const std::vector<int> pieces = state_->pieces->encode(text);
  const auto length = static_cast<std::size_t>(state_->max_length);
  const std::size_t kept = std::min(pieces.size(), length - 1);  // </s> always fits

  TokenizedText tokens;
  tokens.ids.assign(pieces.begin(), pieces.begin() + static_cast<std::ptrdiff_t>(kept));
  tokens.ids.push_back(state_->pieces->eos_id());
  tokens.mask.assign(tokens.ids.size(), 1);
  tokens.ids.resize(length, state_->pieces->pad_id());
  tokens.mask.resize(length, 0);
  tokens.dropped_tokens = static_cast<std::int64_t>(pieces.size() - kept);
  return tokens;
}

std::int64_t Tokenizer::max_length() const { return state_->max_length; }
std::int64_t Tokenizer::vocabulary_size() const { return state_->pieces->size(); }

}  // namespace cox::engine
