#pragma once

// What the scans of a collection's elements share: their options, and the reply of one page.
//
// Threads: the call's.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/reply_writer.h"

namespace cordwood::commands {

struct Call;

/// A page looks at no more keys or elements, whatever COUNT says: the rest has a cursor.
inline constexpr int64_t kScanCountMax = 10'000;
inline constexpr int64_t kScanCountDefault = 10;

struct ScanOptions {
  uint64_t count = kScanCountDefault;
  std::optional<std::string> pattern;

  bool Matches(std::string_view name) const;
};

/// COUNT and MATCH, from argv[3] on. Replies and answers nothing if they make no sense.
std::optional<ScanOptions> TakeScanOptions(Call& call);

/// `items` are names, or names and values.
void ReplyScanPage(protocol::ReplyWriter& reply, uint64_t cursor,
                   const std::vector<std::string>& items);

}  // namespace cordwood::commands
