#include "pipeline/tables/read_guards.h"

#include <algorithm>

namespace cordwood::pipeline {

ReadGuards::Guard::Guard(ReadGuards& guards) : guards_(guards) {
  guards_.guards_.insert(this);
  guards_.keyspace_.AddChangeReader();
  StartOver();
}

ReadGuards::Guard::~Guard() {
  guards_.guards_.erase(this);
  guards_.keyspace_.RemoveChangeReader();
  if (locks()) --guards_.locking_;
}

void ReadGuards::Guard::StartOver() {
  read_.clear();
  first_expiry_ms_ = INT64_MAX;
  databases_changed_ = guards_.keyspace_.databases().times_changed();
  overtaken_ = false;
}

void ReadGuards::Guard::NoteRead(keyspace::Generation generation, std::string_view key) {
  read_.emplace(generation, key);
}

void ReadGuards::Guard::NoteExpiry(int64_t expiry_ms) {
  first_expiry_ms_ = std::min(first_expiry_ms_, expiry_ms);
}

bool ReadGuards::Guard::IsOvertaken(int64_t now_ms) const {
  return overtaken_ || first_expiry_ms_ <= now_ms ||
         databases_changed_ != guards_.keyspace_.databases().times_changed();
}

void ReadGuards::Guard::Lock() {
  const bool locked = locks();
  for (const auto& [generation, key] : read_) locked_.insert(key);
  if (!locked && locks()) ++guards_.locking_;
}

void ReadGuards::Guard::Mark(const keyspace::KeyChange& change) {
  if (!overtaken_) overtaken_ = read_.contains({change.generation, std::string(change.key)});
}

void ReadGuards::Mark(const std::vector<keyspace::KeyChange>& changes) {
  for (const keyspace::KeyChange& change : changes) {
    for (Guard* const guard : guards_) guard->Mark(change);
  }
}

bool ReadGuards::IsRead(keyspace::Generation generation, std::string_view key) const {
  const std::pair name(generation, std::string(key));
  return std::ranges::any_of(guards_,
                             [&](const Guard* guard) { return guard->read_.contains(name); });
}

bool ReadGuards::IsLocked(std::string_view key) const {
  return std::ranges::any_of(guards_,
                             [&](const Guard* guard) { return guard->locked_.contains(key); });
}

}  // namespace cordwood::pipeline
