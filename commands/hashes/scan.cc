// HSCAN.

#include "commands/all_commands.h"
#include "commands/core/call.h"
#include "commands/core/row.h"
#include "commands/core/scan_page.h"

namespace cordwood::commands::hashes {
namespace {

Status HScan(Call& call) {
  return ReplyScan(call, keyspace::Type::kHash, ScanValues::kBehindNames);
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
