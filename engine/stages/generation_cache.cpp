#include "engine/stages/generation_cache.h"

#include <algorithm>

namespace cox::engine {

std::shared_ptr<const Generation> GenerationCache::find(const std::string& name) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.first == name; });
  if (found == entries_.end()) return nullptr;
  std::rotate(found, std::next(found), entries_.end());
  return entries_.back().second;
}

void GenerationCache::add(const std::string& name, Generation generation) {
  const std::size_t bytes = generation.frames.nbytes();
  if (bytes > kMaxBytes) return;
  while (bytes_ + bytes > kMaxBytes) {
    bytes_ -= entries_.front().second->frames.nbytes();
    entries_.pop_front();
  }
  bytes_ += bytes;
  entries_.emplace_back(name, std::make_shared<const Generation>(std::move(generation)));
}

void GenerationCache::clear() {
  entries_.clear();
  bytes_ = 0;
}

}  // namespace cox::engine
