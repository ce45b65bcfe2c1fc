// HSCAN.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/lookup.h"
#include "commands/core/row.h"
#include "commands/core/scan_page.h"
#include "commands/hashes/long_read.h"
#include "keyspace/types/hashed_scan.h"

namespace cordwood::commands::hashes {
namespace {

using keyspace::Hash;
using keyspace::HashedElements;
using keyspace::Item;
using protocol::ReplyWriter;

/// A page, slice by slice. It is sent as a whole: its length stands in front.
class HashPage final : public HashRead {
 public:
  HashPage(std::string_view key, uint64_t cursor, ScanOptions options)
      : HashRead(key), options_(std::move(options)), scan_(cursor, options_.count) {}

 private:
  void ReplyMissing(ReplyWriter& reply) override { ReplyScanPage(reply, 0, {}); }
  void Begin(ReplyWriter& /*reply*/, uint64_t /*length*/) override {}

  Result<bool> Continue(Hash& hash, ReplyWriter& reply) override {
    if (!hash.in_elements()) {
      CW_ASSIGN(const std::vector<Item> pairs, hash.Inline());
      for (const Item& pair : pairs) Add(pair.name, pair.value);
      ReplyScanPage(reply, 0, items_);
      return true;
    }
    CW_ASSIGN(HashedElements elements, hash.Elements());
    CW_ASSIGN(const bool done,
              scan_.Advance(elements, [this](std::string_view field, std::string_view value) {
                Add(field, value);
              }));
    if (done) ReplyScanPage(reply, scan_.next(), items_);
    return done;
  }

  void Add(std::string_view field, std::string_view value) {
    if (!options_.Matches(field)) return;
    items_.emplace_back(field);
    items_.emplace_back(value);
  }

  const ScanOptions options_;
  keyspace::HashedScan scan_;
  std::vector<std::string> items_;
};

Status HScan(Call& call) {
  const std::optional<uint64_t> cursor = ArgReader(call, 2).Cursor();
  if (!cursor) return {};
  CW_ASSIGN(const keyspace::Lookup found, keyspace::FindKey(call.tx, call.Key(call.argv[1])));
  if (found.live() == nullptr) {
    CountLookup(call, false);
    ReplyScanPage(call.reply, 0, {});
    return {};
  }
  if (RepliedWrongType(call, found.live(), keyspace::Type::kHash)) {
    CountLookup(call, true);
    return {};
  }
  // Only now: Redis does not look at the options of a scan of nothing.
  const std::optional<ScanOptions> options = TakeScanOptions(call);
  if (!options) return {};
  return RunSliced(call, WhenCold::kGoOn,
                   [&] { return std::make_unique<HashPage>(call.argv[1], *cursor, *options); });
}

constexpr Command kRowsOfScan[] = {
    {.name = "hscan",
     .arity = -3,
     .flags = kReadOnly,
     .keys = {Key(1, kRO | kAccess)},
     .handler = HScan,
     .categories = kHashCategory,
     .tips = "nondeterministic_output",
     .docs = {.group = "hash",
              .since = "2.8.0",
              .complexity = "O(1) for a page, O(N) for all where N is the number of fields",
              .arguments = "key#0 cursor:integer [MATCH pattern:pattern] [COUNT count:integer]",
              .summary = "Walks the fields and values page by page."}},
};

}  // namespace

Rows ScanRows() { return kRowsOfScan; }

}  // namespace cordwood::commands::hashes
