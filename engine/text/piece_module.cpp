// The module libcox_pieces.so: see piece_encoder.h.
#include <sentencepiece_processor.h>

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
  int size() const override { return processor_->GetPieceSize(); }

 private:
  std::unique_ptr<sentencepiece::SentencePieceProcessor> processor_;
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
