#include "commands/core/sample.h"

#include <limits>
#include <memory>

#include "base/check.h"
#include "commands/core/arg_reader.h"
#include "commands/core/collection_read.h"
#include "commands/core/error_texts.h"
#include "commands/core/sampler.h"

namespace cordwood::commands {
namespace {

using keyspace::Record;
using keyspace::Transaction;
using keyspace::Type;
using protocol::ReplyWriter;

class SampleRead final : public CollectionRead {
 public:
  SampleRead(const Call& call, Type type, const Sample& sample, ReplyValue reply_value,
             uint64_t seed)
      : CollectionRead(call.argv[1], type),
        sample_(sample),
        reply_value_(reply_value),
        sampler_(seed) {}

 private:
  void ReplyMissing(ReplyWriter& reply) override {
    if (sample_.single) {
      reply.Null();
    } else {
      reply.ArrayHeader(0);
    }
  }

  void Begin(ReplyWriter& reply, uint64_t length) override {
    sampler_.Begin(
        length,
        {.count = sample_.count, .repeats = sample_.repeats, .with_values = sample_.with_values});
    if (sample_.single) return;
    const bool flat_pairs = sample_.with_values && !reply.resp3();
    reply.ArrayHeader(flat_pairs ? 2 * sampler_.left() : sampler_.left());
  }

  Result<bool> Continue(Transaction& tx, const Record& record, ReplyWriter& reply) override {
    return sampler_.Advance(
        tx, generation(), record,
        [&](std::string_view name, std::string_view value) { ReplyItem(reply, name, value); });
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
  Sampler sampler_;
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
