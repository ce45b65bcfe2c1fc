#pragma once

// The scans of a collection's items: HSCAN, and its like of every type whose items lie in the order
// of a hash. What the scan of keys shares with them: their options, and the reply of one page.
//
// Threads: the call's.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "keyspace/core/record.h"
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

enum class ScanValues : bool { kNone, kBehindNames };
/// The page of the key at argv[1] from the cursor at argv[2] on. A value is what `text_of` makes of
/// it; by default it is as it is. REQUIRES: the type is hashed.
using ValueText = std::string (*)(std::string_view value);
Status ReplyScan(Call& call, keyspace::Type type, ScanValues values, ValueText text_of = nullptr);

}  // namespace cordwood::commands
