#include "storage/table/descriptor_cache.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "storage/file_names.h"

namespace cordwood::storage {
namespace {

/// Once descriptors ran out, so many files are opened for each one that is kept again.
constexpr uint64_t kOpensToGrow = 16;

}  // namespace

DescriptorCache::DescriptorCache(Env& env, std::string dir, size_t most)
    : env_(env), dir_(std::move(dir)), limit_(std::max<size_t>(most, 1)), most_(limit_) {}

Result<std::shared_ptr<File>> DescriptorCache::Open(uint64_t number) {
  if (std::shared_ptr<File> file = Find(number)) return file;
  const std::string path = TablePath(dir_, number);
  Result<std::unique_ptr<File>> opened = env_.Open(path, OpenMode::kRead);
  if (!opened && opened.error().code() == ErrorCode::kNoDescriptors && MakeRoom()) {
    opened = env_.Open(path, OpenMode::kRead);
  }
  if (!opened) return std::unexpected(opened.error());
  return Insert(number, std::move(*opened));
}

std::shared_ptr<File> DescriptorCache::Find(uint64_t number) {
  const MutexLock lock(mutex_);
  const auto found = by_number_.find(number);
  if (found == by_number_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->file;
}

std::shared_ptr<File> DescriptorCache::Insert(uint64_t number, std::shared_ptr<File> file) {
  Entries closed;  // closed after the lock is gone
  const MutexLock lock(mutex_);
  if (++opens_ % kOpensToGrow == 0) most_ = std::min(most_ + 1, limit_);
  const auto found = by_number_.find(number);
  if (found != by_number_.end()) {
    closed.push_back({.file = std::move(file)});
    return found->second->file;
  }
  entries_.push_front({.number = number, .file = file});
  by_number_.emplace(number, entries_.begin());
  Shrink(most_, closed);
  return file;
}

void DescriptorCache::Shrink(size_t count, Entries& closed) {
  while (entries_.size() > count) {
    by_number_.erase(entries_.back().number);
    closed.splice(closed.end(), entries_, std::prev(entries_.end()));
  }
}

bool DescriptorCache::MakeRoom() {
  Entries closed;
  const MutexLock lock(mutex_);
  if (entries_.empty()) return false;
  most_ = std::max<size_t>(1, entries_.size() / 2);
  Shrink(most_ - 1, closed);
  return true;
}

void DescriptorCache::Forget(uint64_t number) {
  std::shared_ptr<File> closed;
  const MutexLock lock(mutex_);
  const auto found = by_number_.find(number);
  if (found == by_number_.end()) return;
  closed = std::move(found->second->file);
  entries_.erase(found->second);
  by_number_.erase(found);
}

DescriptorCache::Stats DescriptorCache::stats() const {
  const MutexLock lock(mutex_);
  return {.open = entries_.size(), .most = most_, .opens = opens_};
}

}  // namespace cordwood::storage
