#include "keyspace/deadline_floors.h"

namespace cordwood::keyspace {

std::string DeadlineFloors::Of(Generation generation) const {
  const auto it = floors_.find(generation);
  return it != floors_.end() ? it->second : TablePrefix(generation, Table::kDeadline);
}

void DeadlineFloors::Raise(Generation generation, std::string floor) {
  floors_[generation] = std::move(floor);
}

void DeadlineFloors::Lower(Generation generation, std::string_view deadline_key) {
  const auto it = floors_.find(generation);
  if (it != floors_.end() && deadline_key < it->second) it->second = deadline_key;
}

}  // namespace cordwood::keyspace
