#include "tools/init/train_tokenizer.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "engine/text/piece_encoder.h"

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

/// Every subject with every motion and place, every other one with a capital letter.
std::vector<std::string> captions() {
  std::vector<std::string> captions;
  for (const char* place : kPlaces) {
    for (const char* motion : kMotions) {
      for (const char* subject : kSubjects) {
        std::string caption = fmt::format("{} {} {}.", subject, motion, place);
        if (captions.size() % 2 == 0) caption[0] = static_cast<char>(caption[0] - 'a' + 'A');
        captions.push_back(std::move(caption));
      }
    }
  }
  return captions;
}

}  // namespace

std::string train_caption_tokenizer() {
  return train_pieces(captions(), {{"model_type", "unigram"},
                                   {"vocab_size", kVocabularySize},
                                   {"hard_vocab_limit", "false"},
                                   {"normalization_rule_name", "nmt_nfkc"},
                                   {"pad_id", "0"},
                                   {"eos_id", "1"},
                                   {"bos_id", "2"},
                                   {"unk_id", "3"},
                                   {"num_threads", "1"},
                                   {"minloglevel", "2"}});
}

}  // namespace cox::engine
