#pragma once

// What one client is subscribed to. A part of the client's state: a command that is undone leaves
// it as it was.
//
// Threads: any; no state beside the object's.

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace cordwood::commands {

enum class SubscriptionKind : uint8_t { kChannel, kPattern, kShardChannel };
inline constexpr size_t kSubscriptionKinds = 3;

class Subscriptions {
 public:
  using Names = std::set<std::string, std::less<>>;

  /// False: it was there.
  bool Add(SubscriptionKind kind, std::string_view name) {
    const bool is_new = Of(kind).emplace(name).second;
    if (is_new) bytes_ += CostOf(name);
    return is_new;
  }
  /// False: it was not there.
  bool Remove(SubscriptionKind kind, std::string_view name) {
    const auto it = Of(kind).find(name);
    if (it == Of(kind).end()) return false;
    bytes_ -= CostOf(name);
    Of(kind).erase(it);
    return true;
  }

  const Names& names(SubscriptionKind kind) const { return names_[static_cast<size_t>(kind)]; }
  size_t count(SubscriptionKind kind) const { return names(kind).size(); }
  /// How many there are as replies count them: channels and patterns together.
  size_t CountBeside(SubscriptionKind kind) const {
    if (kind == SubscriptionKind::kShardChannel) return count(kind);
    return count(SubscriptionKind::kChannel) + count(SubscriptionKind::kPattern);
  }
  bool empty() const { return bytes_ == 0; }
  uint64_t memory_bytes() const { return bytes_; }

 private:
  // A node of the set, about.
  static constexpr uint64_t kOverheadBytes = 96;

  static uint64_t CostOf(std::string_view name) { return kOverheadBytes + name.size(); }
  Names& Of(SubscriptionKind kind) { return names_[static_cast<size_t>(kind)]; }

  std::array<Names, kSubscriptionKinds> names_;
  uint64_t bytes_ = 0;
};

}  // namespace cordwood::commands
