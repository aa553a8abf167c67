#pragma once

#include <string>

namespace cox::engine {

/// Writes the SHA-256 digest and relative path of every file of a model directory, one per line in
/// the format of `sha256sum`, in byte order of the paths. Skips hidden files and Markdown pages, as
/// the directory's digest does. The file is written completely or not at all. Throws EngineError
/// (cause user) if a file cannot be read or the manifest cannot be written.
void write_manifest(const std::string& directory, const std::string& manifest);

/// Throws EngineError (cause user) naming the first file that differs from the manifest, is missing
/// or is not listed in it, and for a malformed line.
void check_manifest(const std::string& directory, const std::string& manifest);

}  // namespace cox::engine
