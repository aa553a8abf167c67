#include "engine/text/piece_encoder.h"

#include <fmt/format.h>

#include <dlfcn.h>

#include <filesystem>
#include <stdexcept>

#include "engine/tensors/error.h"

namespace cox::engine {
namespace {

constexpr const char* kModule = "libcox_pieces.so";
using OpenPieces = PieceEncoder* (*)(const std::string& path, std::string& error);
using TrainPieces = std::string (*)(const std::vector<std::string>& sentences,
                                    const std::unordered_map<std::string, std::string>& options,
                                    std::string& error);

struct PieceModule {
  OpenPieces open = nullptr;
  TrainPieces train = nullptr;
};

/// Loaded once and never unloaded: every encoder uses its code.
PieceModule load_module() {
  const std::string module_path =
      std::filesystem::read_symlink("/proc/self/exe").replace_filename(kModule).string();
  // RTLD_LOCAL hides its protobuf from other code. RTLD_DEEPBIND makes it find its own symbols
  // first.
  void* module = ::dlopen(module_path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
  PieceModule functions;
  if (module != nullptr) {
    functions.open = reinterpret_cast<OpenPieces>(::dlsym(module, "cox_open_pieces"));
    functions.train = reinterpret_cast<TrainPieces>(::dlsym(module, "cox_train_pieces"));
  }
  if (functions.open == nullptr || functions.train == nullptr) {
    throw std::runtime_error(
        fmt::format("cannot load the tokenizer module from the program's folder: {}", ::dlerror()));
  }
  return functions;
}

const PieceModule& piece_module() {
  static const PieceModule module = load_module();
  return module;
}

}  // namespace

std::unique_ptr<PieceEncoder> open_piece_encoder(const std::string& path) {
  std::string error;
  std::unique_ptr<PieceEncoder> encoder(piece_module().open(path, error));
  if (encoder == nullptr) {
    throw user_error(fmt::format("{}: not a SentencePiece model: {}", path, error),
                     "bad_tokenizer");
  }
  return encoder;
}

std::string train_pieces(const std::vector<std::string>& sentences,
                         const std::unordered_map<std::string, std::string>& options) {
  std::string error;
  std::string model = piece_module().train(sentences, options, error);
  if (!error.empty()) throw std::runtime_error(fmt::format("SentencePiece: {}", error));
  return model;
}

}  // namespace cox::engine
