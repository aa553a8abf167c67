#include "engine/text/tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "engine/checkpoint/json_config.h"
#include "engine/tensors/error.h"
#include "engine/text/piece_encoder.h"

namespace cox::engine {
namespace {

namespace fs = std::filesystem;

void require_model_file(const std::string& directory) {
  if (fs::is_regular_file(directory + "/spiece.model")) return;
  const bool fast_only = fs::exists(directory + "/tokenizer.json");
  throw user_error(
      fmt::format("{}: expected spiece.model (SentencePiece), {}", directory,
                  fast_only
                      ? "found only tokenizer.json, which is not supported; copy spiece.model "
                        "from the published tokenizer into the folder"
                      : "found no such file"),
      "missing_model_file");
}

/// The config writes "no limit" as a huge number.
std::int64_t text_length(const JsonConfig& config) {
  constexpr double kMost = kPromptTokens;
  const double length =
      config.has("model_max_length") ? std::min(kMost, config.real("model_max_length")) : kMost;
  if (length < 1) {
    throw user_error(
        fmt::format("{}: model_max_length: expected at least 1, got {}", config.path(), length),
        "bad_config");
  }
  return static_cast<std::int64_t>(length);
}

}  // namespace

struct Tokenizer::State {
  std::string path;
  std::int64_t max_length = 0;
  std::unique_ptr<PieceEncoder> pieces;
  std::map<std::string, int> special;  ///< id by spelling: padding, </s> and the unknown piece

  /// Returns where the first special token at or after `from` begins; npos if there is none.
  std::size_t find_special(const std::string& text, std::size_t from,
                           std::pair<std::string, int>& found) const {
    std::size_t first = std::string::npos;
    for (const auto& token : special) {
      const std::size_t at = text.find(token.first, from);
      if (at < first) {
        first = at;
        found = token;
      }
    }
    return first;
  }

  /// Encodes a special token inside the text as that token, and the text between two by itself, as
  /// T5TokenizerFast of transformers does.
  std::vector<int> encode(const std::string& text) const {
    std::vector<int> ids;
    const auto append = [&](std::size_t begin, std::size_t end) {
      const std::vector<int> more = pieces->encode(text.substr(begin, end - begin));
      ids.insert(ids.end(), more.begin(), more.end());
    };
    std::size_t begin = 0;
    std::pair<std::string, int> token;
    for (std::size_t at = find_special(text, 0, token); at != std::string::npos;
         at = find_special(text, begin, token)) {
      append(begin, at);
      ids.push_back(token.second);
      begin = at + token.first.size();
    }
    append(begin, text.size());
    return ids;
  }
};

Tokenizer::Tokenizer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Tokenizer::~Tokenizer() = default;

std::unique_ptr<Tokenizer> Tokenizer::load(const std::string& directory) {
  require_model_file(directory);
  return load(directory, text_length(JsonConfig::read(directory + "/tokenizer_config.json")));
}

std::unique_ptr<Tokenizer> Tokenizer::load(const std::string& directory, std::int64_t length) {
  require_model_file(directory);
  auto state = std::make_unique<State>();
  state->path = directory + "/spiece.model";
  state->max_length = length;
  state->pieces = open_piece_encoder(state->path);
  if (state->pieces->pad_id() < 0 || state->pieces->eos_id() < 0) {
    throw user_error(fmt::format("{}: expected pieces for padding and </s>, got ids {} and {}",
                                 state->path, state->pieces->pad_id(), state->pieces->eos_id()),
                     "bad_tokenizer");
  }
  for (const int id : {state->pieces->pad_id(), state->pieces->eos_id(), state->pieces->unk_id()}) {
    if (id >= 0) state->special.emplace(state->pieces->piece(id), id);
  }
  return std::unique_ptr<Tokenizer>(new Tokenizer(std::move(state)));
}

TokenizedText Tokenizer::tokenize(const std::string& text) const {
  const std::vector<int> pieces = state_->encode(text);
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
