#pragma once

// Counters that the tree keeps true without reading before every write: how many live keys a
// range holds, for example. The owner of the keys says what an entry contributes; the store adds
// up contributions as entries come and go.
//
// A writer that knows what its entry replaces logs the exact difference and marks the entry
// settled. A writer that does not know presumes something, logs the difference against the
// presumption, and marks the entry with an assumption code. The merge that brings the entry
// together with what really lies beneath it corrects the counter and settles the entry.
//
// Threads: a policy is immutable. Counters: one at a time.

#include <cstdint>
#include <map>
#include <string_view>

#include "storage/entry.h"

namespace cordwood::storage {

/// Sums wrap: what a file adds to a counter may be anything.
inline void AddWrapping(int64_t& sum, int64_t delta) {
  sum = static_cast<int64_t>(static_cast<uint64_t>(sum) + static_cast<uint64_t>(delta));
}

/// Sums by counter id. A counter that was never touched is zero.
class Counters {
 public:
  void Add(uint64_t counter, int64_t delta) {
    if (delta == 0) return;
    const auto [it, inserted] = sums_.try_emplace(counter, 0);
    AddWrapping(it->second, delta);
    if (it->second == 0) sums_.erase(it);
  }
  void Add(const Counters& other) {
    for (const auto& [counter, delta] : other.sums_) Add(counter, delta);
  }
  int64_t Get(uint64_t counter) const {
    const auto it = sums_.find(counter);
    return it == sums_.end() ? 0 : it->second;
  }
  void Clear() { sums_.clear(); }
  const std::map<uint64_t, int64_t>& sums() const { return sums_; }

 private:
  std::map<uint64_t, int64_t> sums_;
};

class CountingPolicy {
 public:
  virtual ~CountingPolicy() = default;

  /// Adds `sign` times what a live entry with this key and value contributes.
  virtual void Contribution(std::string_view key, std::string_view value, int64_t sign,
                            Counters& sums) const = 0;

  /// Adds what a writer presumed to lie beneath `key` when it used `assumption`.
  virtual void Presumed(std::string_view key, uint8_t assumption, Counters& sums) const = 0;
};

}  // namespace cordwood::storage
