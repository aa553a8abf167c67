#pragma once

#include <string>

namespace cox::engine {

/// Writes the SHA-256 digest and relative path of every file of a model directory, one a line in
/// the form of `sha256sum`, in byte order of the paths. Hidden files and Markdown pages are left
/// out, as in the directory's digest. The file appears whole or not at all. Throws EngineError
/// (cause user) when a file cannot be read or the manifest cannot be written.
void write_manifest(const std::string& directory, const std::string& manifest);

/// Throws EngineError (cause user) naming the first file that differs from the manifest, is missing
/// or is not in it; also when the manifest has a line of another form.
void check_manifest(const std::string& directory, const std::string& manifest);

}  // namespace cox::engine
