#include "commands/core/sliced.h"

#include <utility>

namespace cordwood::commands {

Status RunSliced(Call& call, WhenCold when_cold,
                 const std::function<std::unique_ptr<LongRead>()>& make) {
  const size_t start = call.reply.size();
  const std::unique_ptr<LongRead> read = make();
  read->FixGeneration(call.tx.GenerationOf(call.client.db));
  const Result<bool> done = read->Step(call.tx, call.reply);
  const bool cold = !done && done.error().code() == ErrorCode::kCold;
  if (!done && !(cold && when_cold == WhenCold::kGoOn)) return std::unexpected(done.error());
  if (done && *done) return {};
  call.reply.Truncate(start);
  call.long_read = make();
  return {};
}

Status RunThrough(Call& call, LongRead& read) {
  // So many slices may belong to one turn.
  constexpr int kSlicesAtOnce = 4;
  read.FixGeneration(call.tx.GenerationOf(call.client.db));
  for (int slices = 1;; ++slices) {
    CW_ASSIGN(const bool done, read.Step(call.tx, call.reply));
    if (done || call.reply.overflowed()) return {};
    if (call.tx.waits()) {
      call.reply.GiveAway();
      CW_TRY(call.tx.Breathe());
    } else if (slices == kSlicesAtOnce) {
      return Fail(ErrorCode::kLong, "more is read than fits into one turn");
    }
  }
}

Result<bool> SlicedRead::GoOnFrom(std::string position, const Error& error) {
  if (position == position_) return std::unexpected(error);
  position_ = std::move(position);
  return false;
}

}  // namespace cordwood::commands
