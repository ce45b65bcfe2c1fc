#include "storage/held_writes.h"

#include <algorithm>

namespace cordwood::storage {

std::string_view NameOf(HeldFor reason) {
  switch (reason) {
    case HeldFor::kMemtables:
      return "memtables";
    case HeldFor::kPacing:
      return "pacing";
    case HeldFor::kLogMemory:
      return "log_memory";
    case HeldFor::kLogSegment:
      return "log_segment";
    case HeldFor::kLogSync:
      return "log_sync";
    case HeldFor::kSpace:
      return "space";
    case HeldFor::kOtherWrite:
      return "other_write";
  }
  return "";
}

void HeldWrites::Hold(HeldWrite& write, HeldFor reason, uint64_t now_ns) {
  if (write.reason == reason) return;
  LetGo(write, now_ns);
  write = {.reason = reason, .since_ns = now_ns};
}

void HeldWrites::LetGo(HeldWrite& write, uint64_t now_ns) {
  if (!write.reason) return;
  Count& count = counts_[static_cast<size_t>(*write.reason)];
  const uint64_t took = now_ns - write.since_ns;
  ++count.writes;
  count.total_ns += took;
  count.longest_ns = std::max(count.longest_ns, took);
  write.reason.reset();
}

std::optional<HeldFor> HeldWrites::longest() const {
  const auto most = std::ranges::max_element(counts_, {}, &Count::longest_ns);
  if (most->longest_ns == 0) return std::nullopt;
  return static_cast<HeldFor>(most - counts_.begin());
}

}  // namespace cordwood::storage
