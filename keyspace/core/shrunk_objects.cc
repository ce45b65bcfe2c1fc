#include "keyspace/core/shrunk_objects.h"

namespace cordwood::keyspace {

bool ShrunkObjects::Note(std::string_view prefix, uint64_t stepped, uint64_t met) {
  if (stepped / kStepsPerElementMin == 0) return false;
  auto it = objects_.find(prefix);
  if (it == objects_.end()) {
    if (objects_.size() == kObjectsMax) objects_.clear();
    it = objects_.try_emplace(std::string(prefix)).first;
  }
  Walked& walked = it->second;
  walked.stepped += stepped;
  walked.met += met;
  const bool is_shrunk =
      walked.stepped >= kStepsMin && walked.stepped / kStepsPerElementMin > walked.met;
  if (is_shrunk) objects_.erase(it);
  return is_shrunk;
}

}  // namespace cordwood::keyspace
