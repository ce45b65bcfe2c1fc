#include "pipeline/cursor_table.h"

namespace cordwood::pipeline {

uint64_t CursorTable::Save(std::string_view key) {
  const uint64_t cursor = next_++;
  keys_.emplace(cursor, key);
  order_.push_back(cursor);
  bytes_ += key.size();
  while (order_.size() > entries_max_ || (bytes_ > bytes_max_ && order_.size() > 1)) {
    const auto oldest = keys_.find(order_.front());
    bytes_ -= oldest->second.size();
    keys_.erase(oldest);
    order_.pop_front();
  }
  return cursor;
}

std::string CursorTable::Load(uint64_t cursor) const {
  const auto it = keys_.find(cursor);
  return it == keys_.end() ? std::string() : it->second;
}

}  // namespace cordwood::pipeline
