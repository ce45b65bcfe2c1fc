// HGETALL, HKEYS, HVALS and HRANDFIELD.

#include <algorithm>
#include <limits>
#include <unordered_set>
#include <utility>

#include "base/ascii.h"
#include "base/random.h"
#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/error_texts.h"
#include "commands/core/row.h"
#include "commands/hashes/long_read.h"

namespace cordwood::commands::hashes {
namespace {

using keyspace::Hash;
using keyspace::HashedElements;
using keyspace::Item;
using protocol::ReplyWriter;

/// Walks a hash in order, slice by slice.
class SlicedWalk {
 public:
  /// Calls visit(field, value) until it answers false, the slice is full, or the end is reached;
  /// true at the end. Cold only if it got no further.
  template <typename Visit>
  Result<bool> Step(Hash& hash, const ReplyWriter& reply, const Visit& visit) {
    if (!hash.in_elements()) {
      CW_ASSIGN(const std::vector<Item> pairs, hash.Inline());
      for (const Item& pair : pairs) {
        if (!visit(pair.name, pair.value)) break;
      }
      return true;
    }
    CW_ASSIGN(HashedElements elements, hash.Elements());
    HashedElements::Walk walk(elements);
    walk.SetBudget(keyspace::kHiddenPerSlice);
    const size_t start = reply.size();
    size_t done = 0;
    for (walk.SeekTo(position_); walk.Valid(); walk.Next()) {
      if (done == kSliceFields || reply.size() - start >= kSliceBytes) {
        position_ = walk.position();
        return false;
      }
      if (!visit(walk.name(), walk.value())) return true;
      ++done;
    }
    if (walk.status()) return true;
    std::string position = walk.stopped() ? walk.position() : position_;
    if (position == position_) return std::unexpected(walk.status().error());
    position_ = std::move(position);
    return false;
  }

 private:
  std::string position_;  // of the next field
};

Error CountIsWrong() {
  return {ErrorCode::kCorruption, "a hash has fewer fields than its record says"};
}

// --- HGETALL, HKEYS, HVALS ---

enum class Part : uint8_t { kBoth, kFields, kValues };

class WholeHash final : public HashRead {
 public:
  WholeHash(const Call& call, Part part) : HashRead(call.argv[1]), part_(part) {}

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

  Result<bool> Continue(Hash& hash, ReplyWriter& reply) override {
    if (left_ == 0) return true;
    CW_ASSIGN(const bool at_end,
              walk_.Step(hash, reply, [&](std::string_view field, std::string_view value) {
                if (part_ != Part::kValues) reply.Bulk(field);
                if (part_ != Part::kFields) reply.Bulk(value);
                return --left_ > 0;
              }));
    if (at_end && left_ > 0) return std::unexpected(CountIsWrong());
    return at_end;
  }

  const Part part_;
  SlicedWalk walk_;
  uint64_t left_ = 0;
};

Status ReplyWhole(Call& call, Part part) {
  return RunSliced(call, WhenCold::kRunAgain,
                   [&] { return std::make_unique<WholeHash>(call, part); });
}

// --- HRANDFIELD ---

struct Sample {
  bool single = false;  // the form without a count: one field, no array
  bool repeats = false;
  bool with_values = false;
  uint64_t count = 1;
};

/// How a sample is taken.
enum class Method : uint8_t {
  kDraws,          // independent ones
  kDistinctDraws,  // those that were drawn before do not count
  kWalk,           // through all fields, each taken with the chance that keeps the sample uniform
};

/// A distinct sample of more than one field in this many is taken on a walk. A draw seeks, steps
/// over neighbours and copies, which takes as long as some hundred steps of a walk.
constexpr uint64_t kDrawsBelow = 128;
constexpr size_t kDrawsPerSlice = 64;

class RandomFields final : public HashRead {
 public:
  RandomFields(const Call& call, const Sample& sample, uint64_t seed)
      : HashRead(call.argv[1]), sample_(sample), random_(seed) {}

 private:
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

  Result<bool> Continue(Hash& hash, ReplyWriter& reply) override {
    if (left_ == 0) return true;
    return method_ == Method::kWalk ? ContinueWalk(hash, reply) : ContinueDraws(hash, reply);
  }

  Result<bool> ContinueWalk(Hash& hash, ReplyWriter& reply) {
    CW_ASSIGN(const bool at_end,
              walk_.Step(hash, reply, [&](std::string_view field, std::string_view value) {
                if (not_walked_ == 0) return false;
                if (random_.Below(not_walked_--) < left_) {
                  ReplyField(reply, field, value);
                  --left_;
                }
                return left_ > 0;
              }));
    if (at_end && left_ > 0) return std::unexpected(CountIsWrong());
    return at_end;
  }

  Result<bool> ContinueDraws(Hash& hash, ReplyWriter& reply) {
    const size_t start = reply.size();
    uint64_t budget = keyspace::kHiddenPerSlice;
    for (size_t i = 0; i < kDrawsPerSlice && reply.size() - start < kSliceBytes; ++i) {
      if (drawing_.to_go == 0) drawing_ = HashedElements::BeginDraw(random_);
      const HashedElements::Drawing before = drawing_;
      const auto drawn = Draw(hash, budget);
      if (!drawn && IsStop(drawn.error()) && (i > 0 || drawing_ != before)) return false;
      if (!drawn) return std::unexpected(drawn.error());
      drawing_ = {};
      if (method_ == Method::kDistinctDraws && !seen_.insert(drawn->first).second) continue;
      ReplyField(reply, drawn->first, drawn->second);
      if (--left_ == 0) return true;
    }
    return false;
  }

  static bool IsStop(const Error& error) {
    return error.code() == ErrorCode::kCold || error.code() == ErrorCode::kPaused;
  }

  Result<std::pair<std::string, std::string>> Draw(Hash& hash, uint64_t& budget) {
    if (hash.in_elements()) {
      CW_ASSIGN(HashedElements elements, hash.Elements());
      CW_ASSIGN(auto drawn, elements.Draw(drawing_, budget));
      if (drawn) return *std::move(drawn);
    } else {
      CW_ASSIGN(const std::vector<Item> pairs, hash.Inline());
      if (!pairs.empty()) {
        const Item& pair = pairs[random_.Below(pairs.size())];
        return std::pair(std::string(pair.name), std::string(pair.value));
      }
    }
    return std::unexpected(CountIsWrong());
  }

  void ReplyField(ReplyWriter& reply, std::string_view field, std::string_view value) const {
    if (sample_.with_values && reply.resp3()) reply.ArrayHeader(2);
    reply.Bulk(field);
    if (sample_.with_values) reply.Bulk(value);
  }

  const Sample sample_;
  Random random_;
  Method method_ = Method::kDraws;
  uint64_t left_ = 0;
  uint64_t not_walked_ = 0;
  SlicedWalk walk_;
  HashedElements::Drawing drawing_;  // the one under way
  std::unordered_set<std::string> seen_;
};

std::optional<Sample> TakeSample(Call& call) {
  if (call.argv.size() < 3) return Sample{.single = true, .repeats = true};
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  ArgReader args(call, 2);
  const std::optional<int64_t> count = args.Int64Between(-kMax, kMax);
  if (!count) return std::nullopt;
  const bool with_values = !args.done() && args.Match("WITHVALUES");
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

Status HGetAll(Call& call) { return ReplyWhole(call, Part::kBoth); }

Status HKeys(Call& call) { return ReplyWhole(call, Part::kFields); }

Status HVals(Call& call) { return ReplyWhole(call, Part::kValues); }

Status HRandField(Call& call) {
  const std::optional<Sample> sample = TakeSample(call);
  if (!sample) return {};
  return RunSliced(call, WhenCold::kGoOn, [&, seed = call.Seed()] {
    return std::make_unique<RandomFields>(call, *sample, seed);
  });
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
