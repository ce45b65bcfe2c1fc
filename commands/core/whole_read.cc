#include "commands/core/whole_read.h"

#include <memory>

#include "commands/core/collection_read.h"
#include "keyspace/types/object_reader.h"

namespace cordwood::commands {
namespace {

using keyspace::ObjectReader;
using protocol::ReplyWriter;

class WholeRead final : public CollectionRead {
 public:
  WholeRead(const Call& call, const WholeReply& whole)
      : CollectionRead(call.argv[1], whole.type), whole_(whole) {}

 private:
  void ReplyMissing(ReplyWriter& reply) override { Begin(reply, 0); }

  void Begin(ReplyWriter& reply, uint64_t length) override {
    left_ = length;
    whole_.begin(reply, length);
  }

  Result<bool> Continue(keyspace::Transaction& tx, const keyspace::Record& record,
                        ReplyWriter& reply) override {
    if (left_ == 0) return true;
    CW_ASSIGN(const bool at_end,
              WalkItems(tx, record, reply, [&](const ObjectReader::ReadItem& read) {
                whole_.item(reply, read.item);
                return --left_ > 0;
              }));
    if (at_end && left_ > 0) return std::unexpected(CountIsWrong());
    return at_end;
  }

  const WholeReply& whole_;
  uint64_t left_ = 0;
};

}  // namespace

Status ReplyWhole(Call& call, const WholeReply& whole) {
  return RunSliced(call, WhenCold::kRunAgain,
                   [&] { return std::make_unique<WholeRead>(call, whole); });
}

}  // namespace cordwood::commands
