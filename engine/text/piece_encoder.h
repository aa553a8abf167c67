#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace cox::engine {

// Debian's libsentencepiece exports an old protobuf of its own. Linked into a program that also
// links gRPC, it replaces libprotobuf's functions, and the program crashes before main. So it is
// linked into a module, piece_module.cpp, whose symbols stay local; the module is in the program's
// folder. tests/unit/protobuf_isolation checks this.

/// A loaded SentencePiece model. Immutable; thread-safe.
class PieceEncoder {
 public:
  virtual ~PieceEncoder() = default;
  /// The ids of `text`'s pieces, without </s>. Throws std::runtime_error when the library refuses.
  virtual std::vector<int> encode(const std::string& text) const = 0;
  virtual int pad_id() const = 0;  ///< -1 when the model has none; likewise eos_id and unk_id
  virtual int eos_id() const = 0;
  virtual int unk_id() const = 0;
  /// The spelling of a piece, as `</s>`.
  virtual std::string piece(int id) const = 0;
  virtual int size() const = 0;
};

/// Throws EngineError(kUser) when the file is not a SentencePiece model.
std::unique_ptr<PieceEncoder> open_piece_encoder(const std::string& path);

/// The bytes of a SentencePiece model trained on `sentences`. `options` are the trainer's own, by
/// their command-line names. Throws std::runtime_error when the library refuses.
std::string train_pieces(const std::vector<std::string>& sentences,
                         const std::unordered_map<std::string, std::string>& options);

}  // namespace cox::engine
