#include "engine/tools/train_tokenizer.h"

#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <cstddef>
#include <iterator>
#include <stdexcept>

#include "base/text.h"

namespace cox::engine {
namespace {

constexpr const char* kSubjects[] = {
    "a red circle", "a blue square",  "a green triangle",  "a yellow star", "a white ball",
    "two boats",    "three children", "a woman in a coat", "a small dog",   "a striped disc",
    "a cyclist",    "an old train",   "several birds",     "a black cat",   "a grey bar",
};
constexpr const char* kMotions[] = {
    "moves to the left",    "moves to the right", "turns slowly",        "rises and falls",
    "bounces off the edge", "drifts upward",      "crosses the picture", "shakes quickly",
    "stands still",         "fades out",          "grows larger",        "spins around its centre",
};
constexpr const char* kPlaces[] = {
    "over a smooth background",     "in front of a noisy texture", "across a wet street at night",
    "above a field of flowers",     "beside a quiet river",        "under a purple sky",
    "while the camera pans slowly", "as the light changes",        "in a busy kitchen",
    "on a checkered floor",
};
constexpr const char* kVocabularySize = "400";

/// Every subject with every motion and place.
class Captions final : public sentencepiece::SentenceIterator {
 public:
  bool done() const override { return index_ == kCount; }
  void Next() override {
    ++index_;
    if (!done()) compose();
  }
  const std::string& value() const override { return value_; }
  sentencepiece::util::Status status() const override { return {}; }

  Captions() { compose(); }

 private:
  static constexpr std::size_t kCount =
      std::size(kSubjects) * std::size(kMotions) * std::size(kPlaces);

  void compose() {
    const std::size_t place = index_ / (std::size(kSubjects) * std::size(kMotions));
    const std::size_t motion = index_ / std::size(kSubjects) % std::size(kMotions);
    value_ = concat(kSubjects[index_ % std::size(kSubjects)], " ", kMotions[motion], " ",
                    kPlaces[place], ".");
    if (index_ % 2 == 0) value_[0] = static_cast<char>(value_[0] - 'a' + 'A');
  }

  std::size_t index_ = 0;
  std::string value_;
};

void require_ok(const sentencepiece::util::Status& status) {
  if (!status.ok()) throw std::runtime_error(concat("SentencePiece: ", status.ToString()));
}

}  // namespace

std::string train_caption_tokenizer() {
  Captions captions;
  std::string model;
  require_ok(sentencepiece::SentencePieceTrainer::Train({{"model_type", "unigram"},
                                                         {"vocab_size", kVocabularySize},
                                                         {"hard_vocab_limit", "false"},
                                                         {"normalization_rule_name", "nmt_nfkc"},
                                                         {"byte_fallback", "false"},
                                                         {"pad_id", "0"},
                                                         {"eos_id", "1"},
                                                         {"bos_id", "2"},
                                                         {"unk_id", "3"},
                                                         {"num_threads", "1"},
                                                         {"minloglevel", "2"}},
                                                        &captions, &model));
  return model;
}

int count_pieces(const std::string& model) {
  sentencepiece::SentencePieceProcessor processor;
  require_ok(processor.LoadFromSerializedProto(model));
  return processor.GetPieceSize();
}

}  // namespace cox::engine
