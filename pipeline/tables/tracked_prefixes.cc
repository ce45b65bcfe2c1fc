#include "pipeline/tables/tracked_prefixes.h"

namespace cordwood::pipeline {

void TrackedPrefixes::Add(std::string_view prefix, SessionId client) {
  auto it = prefixes_.find(prefix);
  if (it == prefixes_.end()) {
    it = prefixes_.emplace(prefix, Clients()).first;
    ++lengths_[prefix.size()];
  }
  it->second.insert(client);
}

void TrackedPrefixes::Remove(std::string_view prefix, SessionId client) {
  const auto it = prefixes_.find(prefix);
  it->second.erase(client);
  if (!it->second.empty()) return;
  prefixes_.erase(it);
  const auto length = lengths_.find(prefix.size());
  if (--length->second == 0) lengths_.erase(length);
}

void TrackedPrefixes::Note(std::string_view key, SessionId writer) {
  for (const auto& [length, count] : lengths_) {
    if (length > key.size()) return;
    const auto it = prefixes_.find(key.substr(0, length));
    if (it != prefixes_.end()) changes_[it->first].insert_or_assign(std::string(key), writer);
  }
}

}  // namespace cordwood::pipeline
