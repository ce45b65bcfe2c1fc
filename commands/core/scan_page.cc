#include "commands/core/scan_page.h"

#include <algorithm>

#include "base/glob.h"
#include "base/number.h"
#include "commands/core/arg_reader.h"
#include "commands/core/call.h"
#include "commands/core/error_texts.h"

namespace cordwood::commands {

bool ScanOptions::Matches(std::string_view name) const {
  return !pattern || GlobMatch(*pattern, name);
}

std::optional<ScanOptions> TakeScanOptions(Call& call) {
  ScanOptions options;
  for (ArgReader args(call, 3); !args.done();) {
    if (args.MatchBefore("COUNT", 1)) {
      const std::optional<int64_t> count = args.Int64();
      if (!count) return std::nullopt;
      options.count = static_cast<uint64_t>(std::min(*count, kScanCountMax));
      if (*count >= 1) continue;
    } else if (args.MatchBefore("MATCH", 1)) {
      const std::optional<std::string_view> pattern = args.Pattern();
      if (!pattern) return std::nullopt;
      options.pattern = *pattern;
      continue;
    }
    call.reply.Error(kSyntaxError);
    return std::nullopt;
  }
  return options;
}

void ReplyScanPage(protocol::ReplyWriter& reply, uint64_t cursor,
                   const std::vector<std::string>& items) {
  std::string text;
  AppendUint64(text, cursor);
  reply.ArrayHeader(2);
  reply.Bulk(text);
  reply.ArrayHeader(items.size());
  for (const std::string& item : items) reply.Bulk(item);
}

}  // namespace cordwood::commands
