#include "engine/device/nvrtc.h"

#include <fmt/format.h>

#include <dlfcn.h>

#include <optional>
#include <vector>

#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "engine/device/symbol.h"

namespace cox::engine {
namespace {

/// The calls into NVRTC, as its documentation declares them.
struct Nvrtc {
  using Program = void*;
  using Code = int;
  Code (*version)(int* major, int* minor) = nullptr;
  Code (*create)(Program* program, const char* source, const char* name, int headers,
                 const char* const* texts, const char* const* names) = nullptr;
  Code (*destroy)(Program* program) = nullptr;
  Code (*compile)(Program program, int count, const char* const* options) = nullptr;
  Code (*log_size)(Program program, size_t* size) = nullptr;
  Code (*log)(Program program, char* text) = nullptr;
  Code (*cubin_size)(Program program, size_t* size) = nullptr;
  Code (*cubin)(Program program, char* bytes) = nullptr;
};

/// LibTorch's own stub is linked to NVRTC and knows where its wheel is; the others are for an NVRTC
/// that is only on the library path. A symbol is searched in a library and in what it links.
constexpr const char* kLibraries[] = {"libcaffe2_nvrtc.so", "libnvrtc.so.13", "libnvrtc.so.12",
                                      "libnvrtc.so"};

std::optional<Nvrtc> load_nvrtc() {
  for (const char* name : kLibraries) {
    void* library = ::dlopen(name, RTLD_NOW);
    if (library == nullptr) continue;
    Nvrtc nvrtc;
    if (find_symbol(library, "nvrtcVersion", nvrtc.version) &&
        find_symbol(library, "nvrtcCreateProgram", nvrtc.create) &&
        find_symbol(library, "nvrtcDestroyProgram", nvrtc.destroy) &&
        find_symbol(library, "nvrtcCompileProgram", nvrtc.compile) &&
        find_symbol(library, "nvrtcGetProgramLogSize", nvrtc.log_size) &&
        find_symbol(library, "nvrtcGetProgramLog", nvrtc.log) &&
        find_symbol(library, "nvrtcGetCUBINSize", nvrtc.cubin_size) &&
        find_symbol(library, "nvrtcGetCUBIN", nvrtc.cubin)) {
      return nvrtc;
    }
    ::dlclose(library);
  }
  return std::nullopt;
}

std::string program_log(const Nvrtc& nvrtc, Nvrtc::Program program) {
  size_t size = 0;
  if (nvrtc.log_size(program, &size) != 0 || size == 0) return "";
  std::string text(size, '\0');
  if (nvrtc.log(program, text.data()) != 0) return "";
  return trim(text.c_str());
}

Result<std::string> compile(const Nvrtc& nvrtc, const CudaSource& source,
                            const std::vector<std::string>& options) {
  // The strings are literals, so each ends with a zero byte.
  std::vector<const char*> names, texts, flags;
  for (const auto& [name, text] : source.files) {
    names.push_back(name.data());
    texts.push_back(text.data());
  }
  for (const std::string& option : options) flags.push_back(option.c_str());
  Nvrtc::Program program = nullptr;
  if (nvrtc.create(&program, source.files.at(source.main).data(), source.main.data(),
                   static_cast<int>(names.size()), texts.data(), names.data()) != 0) {
    return internal_error("NVRTC: cannot create a program");
  }
  std::string cubin;
  size_t size = 0;
  const bool compiled = nvrtc.compile(program, static_cast<int>(flags.size()), flags.data()) == 0 &&
                        nvrtc.cubin_size(program, &size) == 0 && size > 0;
  if (compiled) {
    cubin.resize(size);
    nvrtc.cubin(program, cubin.data());
  }
  const std::string words = program_log(nvrtc, program);
  nvrtc.destroy(&program);
  if (compiled) return cubin;
  return invalid_argument(fmt::format("NVRTC refuses {} with {}: {}", source.main,
                                      join(options, " "), words.empty() ? "no log" : words));
}

/// Where compiled code is kept; none without a cache.
std::optional<std::string> cache_path(const CudaSource& source,
                                      const std::vector<std::string>& options,
                                      const std::string& version) {
  const std::string cache = user_cache_directory();
  if (cache.empty()) return std::nullopt;
  Sha256 digest;
  for (const auto& [name, text] : source.files) {
    digest.update(name);
    digest.update(std::string_view("\0", 1));
    digest.update(text);
    digest.update(std::string_view("\0", 1));
  }
  digest.update(fmt::format("{}\n{}\n{}", source.main, join(options, " "), version));
  return fmt::format("{}/kernels/{}.cubin", cache, digest.finish());
}

/// A cache file is the digest of the code, a line break, and the code, so that a damaged file is
/// detected and rebuilt.
std::optional<std::string> read_cached(const std::string& path) {
  const Result<std::string> content = read_file(path);
  if (!content.is_ok()) return std::nullopt;
  const size_t line = content->find('\n');
  if (line == std::string::npos) return std::nullopt;
  std::string code = content->substr(line + 1);
  if (sha256_of(code) != content->substr(0, line)) return std::nullopt;
  return code;
}

}  // namespace

Result<std::string> compile_cuda(const CudaSource& source, const std::string& architecture) {
  static const std::optional<Nvrtc> nvrtc = load_nvrtc();
  if (!nvrtc) {
    const std::vector<std::string> tried(std::begin(kLibraries), std::end(kLibraries));
    return unavailable(fmt::format("NVRTC not found (tried {})", join(tried, ", ")));
  }
  int major = 0, minor = 0;
  if (nvrtc->version(&major, &minor) != 0) return internal_error("cannot read NVRTC's version");
  const std::vector<std::string> options = {"--gpu-architecture=" + architecture, "--std=c++17"};
  const std::optional<std::string> path =
      cache_path(source, options, fmt::format("{}.{}", major, minor));
  if (path) {
    if (const std::optional<std::string> cached = read_cached(*path)) return *cached;
  }

  Result<std::string> code = compile(*nvrtc, source, options);
  if (!code.is_ok() || !path) return code;
  const Status kept = write_file_atomically(*path, fmt::format("{}\n{}", sha256_of(*code), *code));
  if (!kept.is_ok()) {
    log(LogLevel::kWarning, "engine", "cannot cache compiled kernels",
        {{"path", *path}, {"error", kept.message()}});
  }
  return code;
}

}  // namespace cox::engine
