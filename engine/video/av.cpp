#include "engine/video/av.h"

#include <cstdarg>
#include <cstdio>

#include "base/text.h"

namespace cox::video {

namespace {

// FFmpeg's log callback has no user pointer, so the capture of a thread is found through the
// thread.
thread_local AvLogCapture* current_capture = nullptr;

bool is_demuxer(void* source) {
  if (source == nullptr) return false;
  const AVClass* kind = *static_cast<const AVClass* const*>(source);
  return kind != nullptr && kind->get_category != nullptr &&
         kind->get_category(source) == AV_CLASS_CATEGORY_DEMUXER;
}

void keep_log_line(void* source, int level, const char* format, va_list arguments) {
  if (current_capture == nullptr || level > AV_LOG_ERROR) return;
  char line[512];
  std::vsnprintf(line, sizeof line, format, arguments);
  current_capture->add(is_demuxer(source), trim(line));
}

}  // namespace

std::string av_error_text(int code) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, text, sizeof text);
  return text;
}

AvLogCapture::AvLogCapture() : outer_(current_capture) {
  av_log_set_callback(keep_log_line);
  current_capture = this;
}

AvLogCapture::~AvLogCapture() { current_capture = outer_; }

void AvLogCapture::add(bool from_demuxer, const std::string& line) {
  if (first_error_.empty()) first_error_ = line;
  if (from_demuxer && demuxer_error_.empty()) demuxer_error_ = line;
}

}  // namespace cox::video
