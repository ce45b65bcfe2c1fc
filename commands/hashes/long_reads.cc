// HGETALL, HKEYS, HVALS and HRANDFIELD.

#include <memory>

#include "commands/all_commands.h"
#include "commands/core/collection_read.h"
#include "commands/core/row.h"
#include "commands/core/sample.h"
#include "keyspace/types/object_reader.h"

namespace cordwood::commands::hashes {
namespace {

using keyspace::ObjectReader;
using keyspace::Record;
using keyspace::Transaction;
using keyspace::Type;
using protocol::ReplyWriter;

enum class Part : uint8_t { kBoth, kFields, kValues };

class WholeHash final : public CollectionRead {
 public:
  WholeHash(const Call& call, Part part) : CollectionRead(call.argv[1], Type::kHash), part_(part) {}

 private:
  void ReplyMissing(ReplyWriter& reply) override { Begin(reply, 0); }

  void Begin(ReplyWriter& reply, uint64_t length) override {
    left_ = length;
    if (part_ == Part::kBoth) {
      reply.MapHeader(length);
    } else {
      reply.ArrayHeader(length);
    }
  }

  Result<bool> Continue(Transaction& tx, const Record& record, ReplyWriter& reply) override {
    if (left_ == 0) return true;
    CW_ASSIGN(const bool at_end,
              WalkItems(tx, record, reply, [&](const ObjectReader::ReadItem& read) {
                if (part_ != Part::kValues) reply.Bulk(read.item.name);
                if (part_ != Part::kFields) reply.Bulk(read.item.value);
                return --left_ > 0;
              }));
    if (at_end && left_ > 0) return std::unexpected(CountIsWrong());
    return at_end;
  }

  const Part part_;
  uint64_t left_ = 0;
};

Status ReplyWhole(Call& call, Part part) {
  return RunSliced(call, WhenCold::kRunAgain,
                   [&] { return std::make_unique<WholeHash>(call, part); });
}

Status HGetAll(Call& call) { return ReplyWhole(call, Part::kBoth); }

Status HKeys(Call& call) { return ReplyWhole(call, Part::kFields); }

Status HVals(Call& call) { return ReplyWhole(call, Part::kValues); }

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
