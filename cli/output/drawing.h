#pragma once

#include <string>

#include "base/status.h"
#include "engine/video/image.h"

namespace cox::cli {

enum class ImageFormat { kSvg, kPng, kPdf };

/// By the ending of the file's name; kInvalidArgument for others than .svg, .png and .pdf.
Result<ImageFormat> image_format_of(const std::string& path);

/// The SVG document as a file of the format: PNG on white with two pixels for each of the document,
/// PDF with lines and text as such. kInternal when the drawing library refuses the document.
Result<std::string> drawn(const std::string& svg, ImageFormat format);

/// The SVG document as pixels on black, for frames of a video.
Result<video::RgbImage> pixels_of(const std::string& svg);

}  // namespace cox::cli
