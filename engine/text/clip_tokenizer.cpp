#include "engine/text/clip_tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <queue>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "engine/tensors/error.h"
#include "engine/text/characters.h"
#include "engine/text/utf8.h"

namespace cox::engine {
namespace {

constexpr std::size_t kMaxFileBytes = 64 << 20;
constexpr const char* kStart = "<|startoftext|>";
constexpr const char* kEnd = "<|endoftext|>";
constexpr const char* kWordEnd = "</w>";

std::string read_file(const std::string& path) {
  Result<std::string> text = read_text_file(path, kMaxFileBytes);
  if (!text.is_ok()) throw user_error(text.status().message(), "missing_model_file");
  return std::move(text).value();
}

using Merge = std::pair<std::string, std::string>;

/// The ranks of merges; the first line is a comment with the version.
std::map<Merge, int> parse_merges(const std::string& path, const std::string& text) {
  std::map<Merge, int> ranks;
  int rank = 0;
  for (const std::string& line : split(text, '\n')) {
    if (line.empty() || starts_with(line, "#version")) continue;
    const std::size_t gap = line.find(' ');
    if (gap == std::string::npos || line.find(' ', gap + 1) != std::string::npos) {
      throw user_error(fmt::format("{}: expected two pieces on a line, got '{}'", path, line),
                       "bad_tokenizer");
    }
    ranks.emplace(Merge(line.substr(0, gap), line.substr(gap + 1)), rank++);
  }
  return ranks;
}

std::map<std::string, std::int64_t> parse_vocabulary(const std::string& path,
                                                     const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    throw user_error(fmt::format("{}: expected a JSON object", path), "bad_tokenizer");
  }
  std::map<std::string, std::int64_t> ids;
  for (const auto& [piece, id] : json.items()) {
    if (!id.is_number_integer()) {
      throw user_error(fmt::format("{}: expected a number for '{}'", path, piece), "bad_tokenizer");
    }
    ids.emplace(piece, id.get<std::int64_t>());
  }
  for (const char* needed : {kStart, kEnd}) {
    if (ids.count(needed) != 0) continue;
    throw user_error(fmt::format("{}: expected the piece {}", path, needed), "bad_tokenizer");
  }
  return ids;
}

/// The ending at `begin`, as 's or 'll; empty if there is none.
std::u32string ending_at(const std::u32string& text, std::size_t begin) {
  for (const std::u32string ending : {U"'s", U"'t", U"'re", U"'ve", U"'m", U"'ll", U"'d"}) {
    if (text.compare(begin, ending.size(), ending) == 0) return ending;
  }
  return {};
}

bool is_other(char32_t c) { return c != U' ' && !is_letter(c) && !is_number(c); }

std::size_t word_length(const std::u32string& text, std::size_t begin) {
  if (const std::u32string ending = ending_at(text, begin); !ending.empty()) return ending.size();
  if (is_number(text[begin])) return 1;
  bool (*const same)(char32_t) = is_letter(text[begin]) ? is_letter : is_other;
  std::size_t end = begin;
  while (end < text.size() && same(text[end])) ++end;
  return end - begin;
}

}  // namespace

std::vector<std::string> clip_words(const std::string& text) {
  const std::u32string lower = lower_case_of(decode_utf8(text, "prompt"));
  std::vector<std::string> words;
  for (std::size_t at = 0; at < lower.size();) {
    if (lower[at] == U' ') {
      ++at;
      continue;
    }
    const std::size_t length = word_length(lower, at);
    words.push_back(encode_utf8(lower.substr(at, length)));
    at += length;
  }
  return words;
}

std::string clip_byte_symbol(unsigned char byte) {
  const auto is_printed = [](int code) {
    return (code >= 0x21 && code <= 0x7E) || (code >= 0xA1 && code <= 0xAC) || code >= 0xAE;
  };
  if (is_printed(byte)) return encode_utf8(std::u32string(1, byte));
  char32_t next = 0x100;  // the others follow in order
  for (int code = 0; code < byte; ++code) next += is_printed(code) ? 0 : 1;
  return encode_utf8(std::u32string(1, next));
}

namespace {

/// The pieces of one word, merged by rank. A heap of the pairs keeps a word of n pieces at n log n
/// steps: a caption without a blank can be long.
class WordMerger {
 public:
  WordMerger(const std::map<Merge, int>& ranks, std::vector<std::string> pieces)
      : ranks_(ranks), pieces_(std::move(pieces)), next_(pieces_.size()), before_(pieces_.size()) {
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      next_[i] = i + 1;
      before_[i] = i == 0 ? kNone : i - 1;
    }
  }

  /// Merges the pair with the lowest rank, from left to right, until no pairs remain.
  std::vector<std::string> merged() {
    for (std::size_t i = 0; i < pieces_.size(); ++i) consider(i);
    while (!pairs_.empty()) {
      const auto [rank, left] = pairs_.top();
      pairs_.pop();
      if (rank_at(left) == rank) join(left);
    }
    std::vector<std::string> left;
    for (std::size_t i = 0; i < pieces_.size(); i = next_[i]) left.push_back(pieces_[i]);
    return left;
  }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  static constexpr int kNoRank = std::numeric_limits<int>::max();
  using Pair = std::pair<int, std::size_t>;  ///< rank, place of the left piece

  /// Returns the rank of the pair whose left piece is at `left`; a merged piece has none.
  int rank_at(std::size_t left) const {
    if (pieces_[left].empty() || next_[left] == pieces_.size()) return kNoRank;
    const auto found = ranks_.find({pieces_[left], pieces_[next_[left]]});
    return found == ranks_.end() ? kNoRank : found->second;
  }

  void consider(std::size_t left) {
    const int rank = rank_at(left);
    if (rank != kNoRank) pairs_.emplace(rank, left);
  }

  void join(std::size_t left) {
    const std::size_t right = next_[left];
    pieces_[left] += pieces_[right];
    pieces_[right].clear();
    next_[left] = next_[right];
    if (next_[left] < pieces_.size()) before_[next_[left]] = left;
    consider(left);
    if (before_[left] != kNone) consider(before_[left]);
  }

  const std::map<Merge, int>& ranks_;
  std::vector<std::string> pieces_;  ///< empty where a piece was joined to the one before it
  std::vector<std::size_t> next_, before_;
  std::priority_queue<Pair, std::vector<Pair>, std::greater<>> pairs_;
};

}  // namespace

struct ClipTokenizer::State {
  std::string path;
  std::int64_t length = 0;
  std::map<std::string, std::int64_t> ids;
  std::map<Merge, int> ranks;

  std::vector<std::string> pieces_of(const std::string& word) const {
    std::vector<std::string> pieces;
    for (const char byte : word) {
      pieces.push_back(clip_byte_symbol(static_cast<unsigned char>(byte)));
    }
    pieces.back() += kWordEnd;
    return WordMerger(ranks, std::move(pieces)).merged();
  }

  std::int64_t id_of(const std::string& piece) const {
    const auto found = ids.find(piece);
    if (found != ids.end()) return found->second;
    throw user_error(fmt::format("{}: missing piece '{}'", path, piece), "bad_tokenizer");
  }
};

ClipTokenizer::ClipTokenizer(std::unique_ptr<State> state) : state_(std::move(state)) {}
ClipTokenizer::~ClipTokenizer() = default;

std::unique_ptr<ClipTokenizer> ClipTokenizer::load(const std::string& directory,
                                                   std::int64_t length) {
  auto state = std::make_unique<State>();
  state->path = directory + "/vocab.json";
  state->length = length;
  state->ids = parse_vocabulary(state->path, read_file(state->path));
  const std::string merges = directory + "/merges.txt";
  state->ranks = parse_merges(merges, read_file(merges));
  return std::unique_ptr<ClipTokenizer>(new ClipTokenizer(std::move(state)));
}

std::unique_ptr<ClipTokenizer> ClipTokenizer::parse(const std::string& origin,
                                                    const std::string& vocabulary,
                                                    const std::string& merges,
                                                    std::int64_t length) {
  auto state = std::make_unique<State>();
  state->path = origin + "vocab.json";
  state->length = length;
  state->ids = parse_vocabulary(state->path, vocabulary);
  state->ranks = parse_merges(origin + "merges.txt", merges);
  return std::unique_ptr<ClipTokenizer>(new ClipTokenizer(std::move(state)));
}

ClipTokenizer::Tokens ClipTokenizer::tokenize(const std::string& text) const {
  std::vector<std::int64_t> ids;
  for (const std::string& word : clip_words(text)) {
    for (const std::string& piece : state_->pieces_of(word)) ids.push_back(state_->id_of(piece));
  }
  const auto room = static_cast<std::size_t>(state_->length - 2);
  Tokens tokens;
  tokens.dropped_tokens = ids.size() > room ? static_cast<std::int64_t>(ids.size() - room) : 0;
  ids.resize(std::min(ids.size(), room));
  tokens.ids.push_back(state_->ids.at(kStart));
  tokens.ids.insert(tokens.ids.end(), ids.begin(), ids.end());
  tokens.ids.resize(static_cast<std::size_t>(state_->length), state_->ids.at(kEnd));
  return tokens;
}

std::int64_t ClipTokenizer::end_token() const { return state_->ids.at(kEnd); }

std::int64_t ClipTokenizer::vocabulary_size() const {
  std::int64_t size = 0;
  for (const auto& [piece, id] : state_->ids) size = std::max(size, id + 1);
  return size;
}

}  // namespace cox::engine
