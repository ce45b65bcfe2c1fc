#include "pipeline/cursor_table.h"

namespace cordwood::pipeline {

uint64_t CursorTable::Save(std::string_view key) {
  const uint64_t cursor = next_++;
  keys_.emplace(cursor, key);
  order_.push_back(cursor);
  if (order_.size() > entries_max_) {
    keys_.erase(order_.front());
    order_.pop_front();
  }
  return cursor;
}

std::string CursorTable::Load(uint64_t cursor) const {
  const auto it = keys_.find(cursor);
  return it == keys_.end() ? std::string() : it->second;
}

}  // namespace cordwood::pipeline
