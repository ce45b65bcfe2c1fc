#include "commands/core/sample.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>

#include "base/check.h"
#include "base/random.h"
#include "commands/core/arg_reader.h"
#include "commands/core/collection_read.h"
#include "commands/core/error_texts.h"
#include "keyspace/types/hashed_elements.h"

namespace cordwood::commands {
namespace {

using keyspace::HashedElements;
using keyspace::ObjectReader;
using keyspace::Record;
using keyspace::Transaction;
using keyspace::Type;
using protocol::ReplyWriter;

/// How a sample is taken.
enum class Method : uint8_t {
  kDraws,          // independent ones
  kDistinctDraws,  // those that were drawn before do not count
  kWalk,           // through all items, each taken with the chance that keeps the sample uniform
};

/// A distinct sample of more than one item in this many is taken on a walk. A draw seeks, steps
/// over neighbours and copies, which takes as long as some hundred steps of a walk.
constexpr uint64_t kDrawsBelow = 128;
constexpr size_t kDrawsPerSlice = 64;

class SampleRead final : public CollectionRead {
 public:
  SampleRead(const Call& call, Type type, const Sample& sample, ReplyValue reply_value,
             uint64_t seed)
      : CollectionRead(call.argv[1], type),
        sample_(sample),
        reply_value_(reply_value),
        random_(seed) {}

 private:
  using Drawn = std::pair<std::string, std::string>;

  void ReplyMissing(ReplyWriter& reply) override {
    if (sample_.single) {
      reply.Null();
    } else {
      reply.ArrayHeader(0);
    }
  }

  void Begin(ReplyWriter& reply, uint64_t length) override {
    left_ = sample_.repeats ? sample_.count : std::min(sample_.count, length);
    not_walked_ = length;
    if (sample_.repeats) {
      method_ = Method::kDraws;
    } else {
      method_ = left_ < length / kDrawsBelow ? Method::kDistinctDraws : Method::kWalk;
    }
    if (sample_.single) return;
    const bool flat_pairs = sample_.with_values && !reply.resp3();
    reply.ArrayHeader(flat_pairs ? 2 * left_ : left_);
  }

  Result<bool> Continue(Transaction& tx, const Record& record, ReplyWriter& reply) override {
    if (left_ == 0) return true;
    return method_ == Method::kWalk ? ContinueWalk(tx, record, reply)
                                    : ContinueDraws(tx, record, reply);
  }

  Result<bool> ContinueWalk(Transaction& tx, const Record& record, ReplyWriter& reply) {
    CW_ASSIGN(const bool at_end,
              WalkItems(tx, record, reply, [&](const ObjectReader::ReadItem& read) {
                if (not_walked_ == 0) return false;
                if (random_.Below(not_walked_--) < left_) {
                  ReplyItem(reply, read.item.name, read.item.value);
                  --left_;
                }
                return left_ > 0;
              }));
    if (at_end && left_ > 0) return std::unexpected(CountIsWrong());
    return at_end;
  }

  Result<bool> ContinueDraws(Transaction& tx, const Record& record, ReplyWriter& reply) {
    const size_t start = reply.size();
    uint64_t budget = keyspace::kHiddenPerSlice;
    for (size_t i = 0; i < kDrawsPerSlice && reply.size() - start < kSliceBytes; ++i) {
      if (drawing_.to_go == 0) drawing_ = HashedElements::BeginDraw(random_);
      const HashedElements::Drawing before = drawing_;
      const Result<Drawn> drawn = Draw(tx, record, budget);
      if (!drawn && IsStop(drawn.error()) && (i > 0 || drawing_ != before)) return false;
      if (!drawn) return std::unexpected(drawn.error());
      drawing_ = {};
      if (method_ == Method::kDistinctDraws && !seen_.insert(drawn->first).second) continue;
      ReplyItem(reply, drawn->first, drawn->second);
      if (--left_ == 0) return true;
    }
    return false;
  }

  static bool IsStop(const Error& error) {
    return error.code() == ErrorCode::kCold || error.code() == ErrorCode::kPaused;
  }

  Result<Drawn> Draw(Transaction& tx, const Record& record, uint64_t& budget) {
    if (!record.owns_object()) return DrawInline(tx, record);
    CW_ASSIGN(HashedElements elements, HashedElements::Of(tx, generation(), record));
    CW_ASSIGN(auto drawn, elements.Draw(drawing_, budget));
    if (!drawn) return std::unexpected(CountIsWrong());
    return *std::move(drawn);
  }

  Result<Drawn> DrawInline(Transaction& tx, const Record& record) {
    ObjectReader items(tx, generation(), record);
    // Walked up to the one that is drawn.
    CW_ASSIGN(const uint64_t count, keyspace::CountItems(record));
    for (uint64_t to_go = count == 0 ? 0 : random_.Below(count) + 1; to_go > 0; --to_go) {
      CW_ASSIGN(const auto next, items.Next());
      if (next && to_go == 1) {
        return Drawn(std::string(next->item.name), std::string(next->item.value));
      }
    }
    return std::unexpected(CountIsWrong());
  }

  void ReplyItem(ReplyWriter& reply, std::string_view name, std::string_view value) const {
    if (sample_.with_values && reply.resp3()) reply.ArrayHeader(2);
    reply.Bulk(name);
    if (!sample_.with_values) return;
    if (reply_value_ == nullptr) {
      reply.Bulk(value);
    } else {
      reply_value_(reply, value);
    }
  }

  const Sample sample_;
  const ReplyValue reply_value_;
  Random random_;
  Method method_ = Method::kDraws;
  uint64_t left_ = 0;
  uint64_t not_walked_ = 0;
  HashedElements::Drawing drawing_;  // the one under way
  std::unordered_set<std::string> seen_;
};

}  // namespace

std::optional<Sample> TakeSample(Call& call, std::string_view values_word) {
  if (call.argv.size() < 3) return Sample{.single = true, .repeats = true};
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  ArgReader args(call, 2);
  const std::optional<int64_t> count = args.Int64Between(-kMax, kMax);
  if (!count) return std::nullopt;
  const bool with_values = !args.done() && !values_word.empty() && args.Match(values_word);
  if (!args.done()) {
    call.reply.Error(kSyntaxError);
    return std::nullopt;
  }
  if (with_values && (*count < -kMax / 2 || *count > kMax / 2)) {
    call.reply.Error("ERR value is out of range");
    return std::nullopt;
  }
  return Sample{.repeats = *count < 0,
                .with_values = with_values,
                .count = static_cast<uint64_t>(*count < 0 ? -*count : *count)};
}

Status ReplySample(Call& call, Type type, const Sample& sample, ReplyValue reply_value) {
  CHECK(keyspace::TraitsOf(type).is_hashed);
  return RunSliced(call, WhenCold::kGoOn, [&, seed = call.Seed()] {
    return std::make_unique<SampleRead>(call, type, sample, reply_value, seed);
  });
}

}  // namespace cordwood::commands
