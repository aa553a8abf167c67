#include "coordinator/dataset/class_captions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "coordinator/dataset/candidate.h"

namespace cox::dataset {

namespace {

constexpr const char* kPlainTemplate = "{class}";

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
}

}  // namespace

std::string class_words(const std::string& class_name) {
  static const std::map<std::string, std::string> kOverrides = {
      {"handstandpushups", "handstand push-ups"}, {"taichi", "tai chi"}, {"yoyo", "yo-yo"}};
  const auto override_of = kOverrides.find(lower_case(class_name));
  if (override_of != kOverrides.end()) return override_of->second;
  std::string words;
  for (const char c : class_name) {
    const bool capital = std::isupper(static_cast<unsigned char>(c)) != 0;
    if (capital && !words.empty()) words += ' ';
    words += c;
  }
  return lower_case(words);
}

Result<ClassCaptions> ClassCaptions::read(const std::string& caption_template,
                                          const std::string& file) {
  ClassCaptions captions;
  captions.template_ = caption_template;
  captions.file_ = file;
  if (file.empty()) {
    if (caption_template.find("{class}") == std::string::npos &&
        caption_template.find("{joined}") == std::string::npos) {
      return invalid_argument(fmt::format(
          "caption template '{}': expected {{class}} or {{joined}} in it", caption_template));
    }
    if (const std::string fault = caption_fault(caption_template); !fault.empty()) {
      return invalid_argument(fmt::format("caption template: {}", fault));
    }
    return captions;
  }
  constexpr std::size_t kMaxCaptionFileBytes = 16 << 20;
  COX_ASSIGN_OR_RETURN(const std::string text, read_text_file(file, kMaxCaptionFileBytes));
  int number = 0;
  for (const std::string& line : split(text, '\n')) {
    ++number;
    if (trim(line).empty()) continue;
    const std::size_t tab = line.find('\t');
    const std::string sentence = tab == std::string::npos ? "" : trim(line.substr(tab));
    if (sentence.empty()) {
      return invalid_argument(fmt::format("{}:{}: expected `Class<TAB>sentence`", file, number));
    }
    if (const std::string fault = caption_fault(sentence); !fault.empty()) {
      return invalid_argument(fmt::format("{}:{}: {}", file, number, fault));
    }
    captions.sentences_[lower_case(trim(line.substr(0, tab)))] = sentence;
  }
  return captions;
}

Result<std::string> ClassCaptions::for_class(const std::string& class_name) const {
  if (file_.empty()) {
    std::string caption = template_;
    replace_all(caption, "{class}", class_words(class_name));
    replace_all(caption, "{joined}", lower_case(class_name));
    return caption;
  }
  const auto found = sentences_.find(lower_case(class_name));
  if (found == sentences_.end()) {
    return invalid_argument(fmt::format("{}: no line for class '{}'; expected `{}<TAB>sentence`",
                                        file_, class_name, class_name));
  }
  return found->second;
}

std::string ClassCaptions::source() const {
  if (!file_.empty()) return "class_file: " + std::filesystem::path(file_).filename().string();
  return template_ == kPlainTemplate ? "class_name" : "template: " + template_;
}

}  // namespace cox::dataset
