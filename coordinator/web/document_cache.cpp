#include "coordinator/web/document_cache.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/abandon.h"

namespace cox::web {

using Clock = std::chrono::steady_clock;

DocumentCache::DocumentCache() {
  for (std::size_t i = 0; i < kThreads; ++i) threads_.emplace_back([this] { work(); });
}

DocumentCache::~DocumentCache() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  abandon_.request_stop();
  changed_.notify_all();
}

DocumentCache::Answer DocumentCache::get(const std::string& key, std::int64_t version,
                                         Compute compute) {
  std::unique_lock lock(mutex_);
  if (!documents_.contains(key)) make_room();
  Document& found = documents_[key];
  found.asked = ++asked_;
  const bool is_current = found.known && found.version == version;
  const bool rests = found.known && Clock::now() - found.finished <
                                        std::chrono::duration_cast<Clock::duration>(
                                            kRest * std::chrono::duration<double>(found.took));
  if (!is_current && !found.computing && !rests) {
    if (tasks_.size() >= kMaxWaiting) {
      return {Answer::Kind::kPending,
              {StatusCode::kResourceExhausted, "the server computes too much; try again later"},
              nullptr};
    }
    found.computing = true;
    tasks_.push_back({key, version, std::move(compute)});
    changed_.notify_all();
  }
  changed_.wait_for(lock, kPatience, [&] {
    const auto document = documents_.find(key);
    return document == documents_.end() || !document->second.computing || stopping_;
  });
  const auto document = documents_.find(key);
  if (document == documents_.end() || !document->second.known) return {};
  const Document& ready = document->second;
  return {ready.version >= version ? Answer::Kind::kCurrent : Answer::Kind::kEarlier, ready.status,
          ready.body};
}

/// Evicts the least recently requested document, but none that is being computed.
void DocumentCache::make_room() {
  if (documents_.size() < kMaxDocuments) return;
  auto oldest = documents_.end();
  for (auto document = documents_.begin(); document != documents_.end(); ++document) {
    if (document->second.computing) continue;
    if (oldest == documents_.end() || document->second.asked < oldest->second.asked) {
      oldest = document;
    }
  }
  if (oldest != documents_.end()) documents_.erase(oldest);
}

void DocumentCache::finish(const Task& task, Result<report::OrderedJson> result,
                           Clock::duration took) {
  auto body =
      result.is_ok() ? std::make_shared<const std::string>(report::json_line(*result)) : nullptr;
  const std::lock_guard lock(mutex_);
  Document& document = documents_[task.key];
  document.computing = false;
  document.known = true;
  document.version = task.version;
  document.status = result.status();
  document.body = std::move(body);
  document.finished = Clock::now();
  document.took = took;
}

void DocumentCache::work() {
  const MayBeAbandoned may_be_abandoned(abandon_.get_token());
  while (true) {
    Task task;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stopping_ || !tasks_.empty(); });
      if (stopping_) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    const auto start = Clock::now();
    Result<report::OrderedJson> result = task.compute();
    finish(task, std::move(result), Clock::now() - start);
    changed_.notify_all();
  }
}

}  // namespace cox::web
