#include "pipeline/tables/cursor_table.h"

#include <iterator>

namespace cordwood::pipeline {
namespace {

// Of the maps and lists, for each entry.
constexpr uint64_t kOverheadBytes = 128;

}  // namespace

uint64_t CursorTable::BytesOf(const Entry& entry) { return entry.key.capacity() + kOverheadBytes; }

uint64_t CursorTable::Save(std::string_view key) {
  const uint64_t cursor = next_++;
  live_.push_back(cursor);
  const auto [it, inserted] =
      entries_.try_emplace(cursor, Entry{.key = std::string(key), .place = std::prev(live_.end())});
  bytes_ += BytesOf(it->second);
  while (entries_.size() > 1 && (entries_.size() > bounds_.entries || bytes_ > bounds_.bytes)) {
    ForgetFirst(superseded_.empty() ? live_ : superseded_);
  }
  return cursor;
}

void CursorTable::ForgetFirst(std::list<uint64_t>& order) {
  const auto it = entries_.find(order.front());
  bytes_ -= BytesOf(it->second);
  entries_.erase(it);
  order.pop_front();
}

void CursorTable::Supersede(uint64_t cursor) {
  const auto it = entries_.find(cursor);
  if (it == entries_.end() || it->second.superseded) return;
  it->second.superseded = true;
  superseded_.splice(superseded_.end(), live_, it->second.place);
}

std::string CursorTable::Load(uint64_t cursor) const {
  const auto it = entries_.find(cursor);
  return it == entries_.end() ? std::string() : it->second.key;
}

}  // namespace cordwood::pipeline
