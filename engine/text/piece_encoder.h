#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace cox::engine {

// Debian's libsentencepiece exports its own old copy of protobuf. Linked into a program that also
// links gRPC, it replaces libprotobuf's functions, and the program crashes before main. So it is
// linked into a module, piece_module.cpp, whose symbols stay local; the module is in the program's
// folder. tests/unit/protobuf_isolation checks this.

/// A loaded SentencePiece model. Immutable; thread-safe.
class PieceEncoder {
 public:
  virtual ~PieceEncoder() = default;
  /// Returns the ids of `text`'s pieces, without </s>. Throws std::runtime_error if the library
  /// fails.
  virtual std::vector<int> encode(const std::string& text) const = 0;
  virtual int pad_id() const = 0;  ///< -1 if the model has none; likewise eos_id and unk_id
  virtual int eos_id() const = 0;
  virtual int unk_id() const = 0;
  /// Returns the spelling of a piece, such as `</s>`.
  virtual std::string piece(int id) const = 0;
  virtual int size() const = 0;
};

/// Throws EngineError(kUser) if the file is not a SentencePiece model.
std::unique_ptr<PieceEncoder> open_piece_encoder(const std::string& path);

/// Returns the bytes of a SentencePiece model trained on `sentences`. `options` are the options of
/// SentencePiece's trainer, by their command-line names. Throws std::runtime_error if the library
/// fails.
std::string train_pieces(const std::vector<std::string>& sentences,
                         const std::unordered_map<std::string, std::string>& options);

}  // namespace cox::engine
