#include "cli/output/drawing.h"

#include <cairo-pdf.h>
#include <cairo.h>
#include <fmt/format.h>
#include <librsvg/rsvg.h>

#include <cmath>
#include <memory>

#include "base/text.h"

namespace cox::cli {

namespace {

constexpr double kPngScale = 2;
constexpr double kPointsPerPixel = 0.75;  ///< CSS: 96 pixels and 72 points to the inch

struct Release {
  void operator()(RsvgHandle* handle) const { g_object_unref(handle); }
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  void operator()(cairo_t* context) const { cairo_destroy(context); }
};
using Handle = std::unique_ptr<RsvgHandle, Release>;
using Surface = std::unique_ptr<cairo_surface_t, Release>;
using Context = std::unique_ptr<cairo_t, Release>;

Status drawing_error(GError* error) {
  const std::string reason = error == nullptr ? "unknown reason" : error->message;
  g_clear_error(&error);
  return internal_error(fmt::format("librsvg cannot draw the figure: {}", reason));
}

struct Drawing {
  Handle handle;
  double width = 0;
  double height = 0;
};

Result<Drawing> parsed(const std::string& svg) {
  GError* error = nullptr;
  Drawing drawing;
  drawing.handle.reset(
      rsvg_handle_new_from_data(reinterpret_cast<const guint8*>(svg.data()), svg.size(), &error));
  if (!drawing.handle) return drawing_error(error);
  if (!rsvg_handle_get_intrinsic_size_in_pixels(drawing.handle.get(), &drawing.width,
                                                &drawing.height)) {
    return internal_error("librsvg cannot draw the figure: it has no size");
  }
  return drawing;
}

Status render(const Drawing& drawing, cairo_t* context) {
  const RsvgRectangle viewport = {0, 0, drawing.width, drawing.height};
  GError* error = nullptr;
  if (!rsvg_handle_render_document(drawing.handle.get(), context, &viewport, &error)) {
    return drawing_error(error);
  }
  return Status::ok();
}

cairo_status_t append(void* text, const unsigned char* bytes, unsigned int count) {
  static_cast<std::string*>(text)->append(reinterpret_cast<const char*>(bytes), count);
  return CAIRO_STATUS_SUCCESS;
}

/// An image surface of the drawing on a background of one gray.
Result<Surface> painted(const Drawing& drawing, double scale, double gray) {
  Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24,
                                             static_cast<int>(std::ceil(drawing.width * scale)),
                                             static_cast<int>(std::ceil(drawing.height * scale))));
  const Context context(cairo_create(surface.get()));
  cairo_set_source_rgb(context.get(), gray, gray, gray);
  cairo_paint(context.get());
  cairo_scale(context.get(), scale, scale);
  COX_RETURN_IF_ERROR(render(drawing, context.get()));
  cairo_surface_flush(surface.get());
  return surface;
}

Result<std::string> png_of(const Drawing& drawing) {
  COX_ASSIGN_OR_RETURN(const Surface surface, painted(drawing, kPngScale, 1));
  std::string bytes;
  const cairo_status_t status = cairo_surface_write_to_png_stream(surface.get(), append, &bytes);
  if (status != CAIRO_STATUS_SUCCESS) {
    return internal_error(
        fmt::format("cairo cannot write PNG: {}", cairo_status_to_string(status)));
  }
  return bytes;
}

Result<std::string> pdf_of(const Drawing& drawing) {
  std::string bytes;
  const Surface surface(cairo_pdf_surface_create_for_stream(
      append, &bytes, drawing.width * kPointsPerPixel, drawing.height * kPointsPerPixel));
  {
    const Context context(cairo_create(surface.get()));
    cairo_scale(context.get(), kPointsPerPixel, kPointsPerPixel);
    COX_RETURN_IF_ERROR(render(drawing, context.get()));
    cairo_show_page(context.get());
  }
  cairo_surface_finish(surface.get());
  const cairo_status_t status = cairo_surface_status(surface.get());
  if (status != CAIRO_STATUS_SUCCESS) {
    return internal_error(
        fmt::format("cairo cannot write PDF: {}", cairo_status_to_string(status)));
  }
  return bytes;
}

}  // namespace

Result<ImageFormat> image_format_of(const std::string& path) {
  const std::string name = lower_case(path);
  if (ends_with(name, ".svg")) return ImageFormat::kSvg;
  if (ends_with(name, ".png")) return ImageFormat::kPng;
  if (ends_with(name, ".pdf")) return ImageFormat::kPdf;
  return invalid_argument(
      fmt::format("'{}': expected a name that ends with .svg, .png or .pdf", path));
}

Result<std::string> drawn(const std::string& svg, ImageFormat format) {
  if (format == ImageFormat::kSvg) return svg;
  COX_ASSIGN_OR_RETURN(const Drawing drawing, parsed(svg));
  return format == ImageFormat::kPng ? png_of(drawing) : pdf_of(drawing);
}

Result<video::RgbImage> pixels_of(const std::string& svg) {
  COX_ASSIGN_OR_RETURN(const Drawing drawing, parsed(svg));
  COX_ASSIGN_OR_RETURN(const Surface surface, painted(drawing, 1, 0));
  video::RgbImage image(cairo_image_surface_get_width(surface.get()),
                        cairo_image_surface_get_height(surface.get()));
  const unsigned char* rows = cairo_image_surface_get_data(surface.get());
  const int stride = cairo_image_surface_get_stride(surface.get());
  for (int y = 0; y < image.height; ++y) {
    const auto* row = reinterpret_cast<const std::uint32_t*>(rows + y * stride);
    for (int x = 0; x < image.width; ++x) {
      for (int c = 0; c < 3; ++c) {
        image.row(y)[3 * x + c] = static_cast<std::uint8_t>(row[x] >> (8 * (2 - c)));
      }
    }
  }
  return image;
}

}  // namespace cox::cli
