#include "keyspace/core/deadline_floors.h"

#include <optional>
#include <utility>

namespace cordwood::keyspace {
namespace {

int64_t TimeOf(std::string_view floor) {
  const std::optional<ParsedKey> deadline = ParseStoreKey(floor);
  const bool has_time = deadline && deadline->table == Table::kDeadline;
  return has_time ? deadline->expiry_ms : INT64_MIN;
}

std::string EndOf(Generation generation) { return TablePrefix(generation, Table::kOwner); }

}  // namespace

std::string DeadlineFloors::Of(Generation generation) const {
  const auto it = floors_.find(generation);
  return it != floors_.end() ? it->second : EndOf(generation);
}

void DeadlineFloors::Raise(Generation generation, std::string floor) {
  Forget(generation);
  if (floor < EndOf(generation)) Set(generation, std::move(floor));
}

void DeadlineFloors::Lower(Generation generation, std::string_view deadline_key) {
  if (deadline_key >= Of(generation)) return;
  Forget(generation);
  Set(generation, std::string(deadline_key));
}

void DeadlineFloors::Forget(Generation generation) {
  const auto it = floors_.find(generation);
  if (it == floors_.end()) return;
  later_.erase({TimeOf(it->second), generation});
  due_.erase(generation);
  floors_.erase(it);
}

const std::set<Generation>& DeadlineFloors::Due(int64_t now_ms) {
  while (!later_.empty() && later_.begin()->first <= now_ms) {
    due_.insert(later_.begin()->second);
    later_.erase(later_.begin());
  }
  return due_;
}

void DeadlineFloors::Set(Generation generation, std::string floor) {
  later_.emplace(TimeOf(floor), generation);
  floors_[generation] = std::move(floor);
}

}  // namespace cordwood::keyspace
