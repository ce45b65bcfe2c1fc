#pragma once

// Objects whose ranks somebody asked for and that have none, or not all yet. The executor builds
// them, one after the other (keyspace/types/rank_build.h). Bounded; lost with the process. What is
// not in it is asked for again by the next walk that is long.
//
// Owned by the keyspace. Threads: the executor.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "keyspace/core/key_codec.h"

namespace cordwood::keyspace {

struct RankRequest {
  Generation generation = 0;
  std::string key;
  Oid oid = 0;

  friend bool operator==(const RankRequest&, const RankRequest&) = default;
};

class RankRequests {
 public:
  void Ask(Generation generation, std::string_view key, Oid oid);

  bool empty() const { return requests_.empty(); }
  /// REQUIRES, as the next two: !empty().
  const RankRequest& front() const { return requests_.front(); }
  void Pop() { requests_.pop_front(); }
  /// The next one has its turn.
  void Rotate();

 private:
  static constexpr size_t kRequestsMax = 64;

  std::deque<RankRequest> requests_;
};

}  // namespace cordwood::keyspace
