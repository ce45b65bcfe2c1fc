#include "commands/core/scan_page.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/check.h"
#include "base/glob.h"
#include "base/number.h"
#include "commands/core/arg_reader.h"
#include "commands/core/call.h"
#include "commands/core/collection_read.h"
#include "commands/core/error_texts.h"
#include "commands/core/lookup.h"
#include "keyspace/types/hashed_scan.h"

namespace cordwood::commands {
namespace {

using keyspace::HashedElements;
using keyspace::ObjectReader;
using keyspace::Record;
using keyspace::Transaction;
using keyspace::Type;
using protocol::ReplyWriter;

/// A page, slice by slice. It is sent as a whole: its length stands in front.
class ScanRead final : public CollectionRead {
 public:
  ScanRead(std::string_view key, Type type, uint64_t cursor, ScanOptions options, ScanValues values,
           ValueText text_of)
      : CollectionRead(key, type),
        options_(std::move(options)),
        values_(values),
        text_of_(text_of),
        scan_(cursor, options_.count) {}

 private:
  void ReplyMissing(ReplyWriter& reply) override { ReplyScanPage(reply, 0, {}); }
  void Begin(ReplyWriter& /*reply*/, uint64_t /*length*/) override {}

  Result<bool> Continue(Transaction& tx, const Record& record, ReplyWriter& reply) override {
    if (!record.owns_object()) return AllInline(tx, record, reply);
    CW_ASSIGN(HashedElements elements, HashedElements::Of(tx, generation(), record));
    CW_ASSIGN(const bool done,
              scan_.Advance(elements, [this](std::string_view name, std::string_view value) {
                Add(name, value);
              }));
    if (done) ReplyScanPage(reply, scan_.next(), items_);
    return done;
  }

  Result<bool> AllInline(Transaction& tx, const Record& record, ReplyWriter& reply) {
    for (ObjectReader items(tx, generation(), record);;) {
      CW_ASSIGN(const auto next, items.Next());
      if (!next) break;
      Add(next->item.name, next->item.value);
    }
    ReplyScanPage(reply, 0, items_);
    return true;
  }

  void Add(std::string_view name, std::string_view value) {
    if (!options_.Matches(name)) return;
    items_.emplace_back(name);
    if (values_ == ScanValues::kNone) return;
    items_.push_back(text_of_ == nullptr ? std::string(value) : text_of_(value));
  }

  const ScanOptions options_;
  const ScanValues values_;
  const ValueText text_of_;
  keyspace::HashedScan scan_;
  std::vector<std::string> items_;
};

}  // namespace

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

Status ReplyScan(Call& call, Type type, ScanValues values, ValueText text_of) {
  CHECK(keyspace::TraitsOf(type).is_hashed);
  const std::optional<uint64_t> cursor = ArgReader(call, 2).Cursor();
  if (!cursor) return {};
  const keyspace::KeyName name = call.Key(call.argv[1]);
  CW_ASSIGN(const keyspace::Lookup found, keyspace::FindKey(call.tx, name));
  if (found.live() == nullptr) {
    CountLookup(call, name, false);
    ReplyScanPage(call.reply, 0, {});
    return {};
  }
  if (RepliedWrongType(call, found.live(), type)) {
    CountLookup(call, name, true);
    return {};
  }
  // Only now: Redis does not look at the options of a scan of nothing.
  const std::optional<ScanOptions> options = TakeScanOptions(call);
  if (!options) return {};
  return RunSliced(call, WhenCold::kGoOn, [&] {
    return std::make_unique<ScanRead>(call.argv[1], type, *cursor, *options, values, text_of);
  });
}

}  // namespace cordwood::commands
