// The module libcox_pieces.so: see piece_encoder.h.
#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <cstddef>
#include <stdexcept>
#include <utility>

#include "engine/text/piece_encoder.h"

namespace cox::engine {
namespace {

class SentencePieceEncoder final : public PieceEncoder {
 public:
  explicit SentencePieceEncoder(std::unique_ptr<sentencepiece::SentencePieceProcessor> processor)
      : processor_(std::move(processor)) {}

  std::vector<int> encode(const std::string& text) const override {
    std::vector<int> pieces;
    const auto status = processor_->Encode(text, &pieces);
    if (!status.ok()) throw std::runtime_error("SentencePiece: " + status.ToString());
    return pieces;
  }
  int pad_id() const override { return processor_->pad_id(); }
  int eos_id() const override { return processor_->eos_id(); }
  int unk_id() const override { return processor_->unk_id(); }
  std::string piece(int id) const override { return processor_->IdToPiece(id); }
  int size() const override { return processor_->GetPieceSize(); }

 private:
  std::unique_ptr<sentencepiece::SentencePieceProcessor> processor_;
};

class Sentences final : public sentencepiece::SentenceIterator {
 public:
  explicit Sentences(const std::vector<std::string>& sentences) : sentences_(sentences) {}
  bool done() const override { return index_ == sentences_.size(); }
  void Next() override { ++index_; }
  const std::string& value() const override { return sentences_[index_]; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  const std::vector<std::string>& sentences_;
  std::size_t index_ = 0;
};

}  // namespace
}  // namespace cox::engine

/// A new PieceEncoder, or nullptr and the reason in `error`.
extern "C" cox::engine::PieceEncoder* cox_open_pieces(const std::string& path, std::string& error) {
  auto processor = std::make_unique<sentencepiece::SentencePieceProcessor>();
  const auto status = processor->Load(path);
  if (!status.ok()) {
    error = status.ToString();
    return nullptr;
  }
  return new cox::engine::SentencePieceEncoder(std::move(processor));
}

/// The bytes of a model, or "" and the reason in `error`.
extern "C" std::string cox_train_pieces(const std::vector<std::string>& sentences,
                                        const std::unordered_map<std::string, std::string>& options,
                                        std::string& error) {
  cox::engine::Sentences iterator(sentences);
  std::string model;
  const auto status = sentencepiece::SentencePieceTrainer::Train(options, &iterator, &model);
  if (!status.ok()) error = status.ToString();
  return model;
}
