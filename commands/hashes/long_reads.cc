// HGETALL, HKEYS, HVALS and HRANDFIELD.

#include "commands/all_commands.h"
#include "commands/core/row.h"
#include "commands/core/sample.h"
#include "commands/core/whole_read.h"

namespace cordwood::commands::hashes {
namespace {

using keyspace::Item;
using keyspace::Type;
using protocol::ReplyWriter;

constexpr WholeReply kPairs = {
    .type = Type::kHash,
    .begin = [](ReplyWriter& reply, uint64_t length) { reply.MapHeader(length); },
    .item =
        [](ReplyWriter& reply, const Item& pair) {
          reply.Bulk(pair.name);
          reply.Bulk(pair.value);
        }};
constexpr WholeReply kFields = {
    .type = Type::kHash,
    .begin = [](ReplyWriter& reply, uint64_t length) { reply.ArrayHeader(length); },
    .item = [](ReplyWriter& reply, const Item& pair) { reply.Bulk(pair.name); }};
constexpr WholeReply kValues = {
    .type = Type::kHash,
    .begin = [](ReplyWriter& reply, uint64_t length) { reply.ArrayHeader(length); },
    .item = [](ReplyWriter& reply, const Item& pair) { reply.Bulk(pair.value); }};

Status HGetAll(Call& call) { return ReplyWhole(call, kPairs); }

Status HKeys(Call& call) { return ReplyWhole(call, kFields); }

Status HVals(Call& call) { return ReplyWhole(call, kValues); }

Status HRandField(Call& call) {
  const std::optional<Sample> sample = TakeSample(call, "WITHVALUES");
  return sample ? ReplySample(call, Type::kHash, *sample) : Status();
}

constexpr Command kRowsOfLongRead[] = {
    {.name = "hgetall",
     .arity = 2,
     .flags = kReadOnly,
     .keys = {Key(1, kRO | kAccess)},
     .handler = HGetAll,
     .categories = kHashCategory,
     .tips = "nondeterministic_output_order",
     .docs = {.group = "hash",
              .since = "2.0.0",
              .complexity = "O(N) where N is the number of fields of the hash",
              .arguments = "key#0",
              .summary = "Returns all fields and values."}},
    {.name = "hkeys",
     .arity = 2,
     .flags = kReadOnly,
     .keys = {Key(1, kRO | kAccess)},
     .handler = HKeys,
     .categories = kHashCategory,
     .tips = "nondeterministic_output_order",
     .docs = {.group = "hash",
              .since = "2.0.0",
              .complexity = "O(N) where N is the number of fields of the hash",
              .arguments = "key#0",
              .summary = "Returns all fields."}},
    {.name = "hrandfield",
     .arity = -2,
     .flags = kReadOnly,
     .keys = {Key(1, kRO | kAccess)},
     .handler = HRandField,
     .categories = kHashCategory,
     .tips = "nondeterministic_output",
     .docs = {.group = "hash",
              .since = "6.2.0",
              .complexity = "O(N) where N is the number of fields asked for, or of the hash if "
                            "that is many of it",
              .arguments = "key#0 [options=<count:integer [WITHVALUES]>]",
              .summary = "Returns random fields."}},
    {.name = "hvals",
     .arity = 2,
     .flags = kReadOnly,
     .keys = {Key(1, kRO | kAccess)},
     .handler = HVals,
     .categories = kHashCategory,
     .tips = "nondeterministic_output_order",
     .docs = {.group = "hash",
              .since = "2.0.0",
              .complexity = "O(N) where N is the number of fields of the hash",
              .arguments = "key#0",
              .summary = "Returns all values."}},
};

}  // namespace

Rows LongReadRows() { return kRowsOfLongRead; }

}  // namespace cordwood::commands::hashes
