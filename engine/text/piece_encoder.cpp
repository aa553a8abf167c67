#include "engine/text/piece_encoder.h"

#include <dlfcn.h>

#include <filesystem>
#include <stdexcept>

#include "base/text.h"
#include "engine/tensors/error.h"

namespace cox::engine {
namespace {

constexpr const char* kModule = "libcox_pieces.so";
using OpenPieces = PieceEncoder* (*)(const std::string& path, std::string& error);

/// Loaded once and kept: encoders of any age use its code.
OpenPieces load_module() {
  const std::string module_path =
      std::filesystem::read_symlink("/proc/self/exe").replace_filename(kModule).string();
  // Local: nobody else sees its protobuf. Deep binding: it sees its own before anybody else's.
  void* module = ::dlopen(module_path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
  void* function = module == nullptr ? nullptr : ::dlsym(module, "cox_open_pieces");
  if (function == nullptr) {
    throw std::runtime_error(concat(
        "cannot load the tokenizer module, which belongs beside the program: ", ::dlerror()));
  }
  return reinterpret_cast<OpenPieces>(function);
}

}  // namespace

std::unique_ptr<PieceEncoder> open_piece_encoder(const std::string& path) {
  static const OpenPieces open_pieces = load_module();
  std::string error;
  std::unique_ptr<PieceEncoder> encoder(open_pieces(path, error));
  if (encoder == nullptr) {
    throw user_error(concat(path, ": not a SentencePiece model: ", error), "bad_tokenizer");
  }
  return encoder;
}

}  // namespace cox::engine
