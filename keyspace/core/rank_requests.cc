#include "keyspace/core/rank_requests.h"

#include <algorithm>
#include <utility>

namespace cordwood::keyspace {

void RankRequests::Ask(Generation generation, std::string_view key, Oid oid) {
  if (requests_.size() == kRequestsMax) return;
  RankRequest request{.generation = generation, .key = std::string(key), .oid = oid};
  if (std::ranges::find(requests_, request) != requests_.end()) return;
  requests_.push_back(std::move(request));
}

void RankRequests::Rotate() {
  requests_.push_back(std::move(requests_.front()));
  requests_.pop_front();
}

}  // namespace cordwood::keyspace
