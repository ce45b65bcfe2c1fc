// SRANDMEMBER and SPOP.

#include <algorithm>
#include <string>
#include <vector>

#include "base/random.h"
#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/collection_read.h"
#include "commands/core/error_texts.h"
#include "commands/core/lookup.h"
#include "commands/core/row.h"
#include "commands/core/sample.h"
#include "commands/core/sampler.h"
#include "keyspace/types/object_reader.h"
#include "keyspace/types/set_builder.h"
#include "keyspace/types/sets.h"
#include "keyspace/types/stored_anew.h"

namespace cordwood::commands::sets {
namespace {

using keyspace::HashedElements;
using keyspace::KeyName;
using keyspace::Lookup;
using keyspace::ObjectReader;
using keyspace::Record;
using keyspace::Set;
using keyspace::Type;

constexpr std::string_view kNotPositive = "ERR value is out of range, must be positive";

/// So many members are walked over in one turn; a pop that takes more gets a stack of its own.
constexpr uint64_t kStepsAtOnce = 4096;
constexpr uint64_t kSlicesAtOnce = 8;  // of a sampler
/// And so many are popped. Each costs more than a step: it is replied, looked up and deleted.
constexpr uint64_t kPopsAtOnce = 256;
/// A set with few members has no more bytes of them than this, and is stored anew when it steps
/// over more deleted ones than so many for each.
constexpr uint64_t kFewBytes = uint64_t{64} << 10;
constexpr uint64_t kDeletedForEach = 8;

Status SRandMember(Call& call) {
  if (call.argv.size() > 3) return call.Error(kSyntaxError);
  const std::optional<Sample> sample = TakeSample(call, {});
  return sample ? ReplySample(call, Type::kSet, *sample) : Status();
}

/// The count of SPOP; replies and answers nothing if it makes no sense.
std::optional<uint64_t> TakeCount(Call& call) {
  const std::optional<int64_t> count = ArgReader(call, 2).Int64(kNotPositive);
  if (!count) return std::nullopt;
  if (*count >= 0) return static_cast<uint64_t>(*count);
  call.reply.Error(kNotPositive);
  return std::nullopt;
}

class Pop {
 public:
  /// Of a live set with `length` members.
  Pop(Call& call, const KeyName& name, Lookup&& found, uint64_t length)
      : call_(call), name_(name), found_(std::move(found)), length_(length) {}

  /// Replies `count` members, fewer if there are not so many, and removes them. What stands in
  /// front of them was replied.
  Status Run(uint64_t count) {
    const uint64_t steps = StepsOf(count);
    const bool is_much = count > kPopsAtOnce || steps > kStepsAtOnce;
    if (is_much && !call_.tx.waits()) return TakesLong();
    if (count >= length_) return PopAll();
    if (keyspace::IsStoredAnew(count, length_ - count)) return StoreTheRest(count);
    if (record().owns_object() && length_ <= Sampler::kExactMax) return PopOfFew(count);
    return PopSome(count);
  }

 private:
  static std::unexpected<Error> TakesLong() {
    return Fail(ErrorCode::kLong, "more members are popped than fit into one turn");
  }

  const Record& record() const { return *found_.stored; }

  uint64_t StepsOf(uint64_t count) const {
    if (count >= length_) return length_;
    Sampler sampler(0);
    sampler.Begin(length_, {.count = count});
    return sampler.steps(record());
  }

  void Reply(std::string_view member) {
    call_.reply.Bulk(member);
    if (call_.tx.waits()) call_.reply.GiveAway();
  }

  /// Calls visit(item) for each member.
  template <typename Visit>
  Status VisitAll(const Visit& visit) {
    uint64_t visited = 0;
    for (ObjectReader members(call_.tx, name_.generation, record()); visited < length_; ++visited) {
      CW_ASSIGN(const auto next, members.Next());
      if (!next) return std::unexpected(CollectionRead::CountIsWrong());
      CW_TRY(visit(*next));
      if (call_.reply.overflowed()) break;
      CW_TRY(call_.tx.Breathe());
    }
    return {};
  }

  Status PopAll() {
    CW_TRY(VisitAll([&](const ObjectReader::ReadItem& read) -> Status {
      Reply(read.item.name);
      return {};
    }));
    return keyspace::RemoveKey(call_.tx, name_, found_);
  }

  /// An exact draw among few members in elements looks at them all. What a drained set has left
  /// lies among those that were deleted, which every pop would step over: when it meets many, the
  /// rest is stored anew.
  Status PopOfFew(uint64_t count) {
    CW_ASSIGN(Few few, LookAtAll());
    if (few.bytes > kFewBytes) return PopSome(count);
    std::vector<std::string>& subkeys = few.subkeys;
    if (subkeys.size() != length_) return std::unexpected(CollectionRead::CountIsWrong());
    Random random(call_.Seed());
    std::vector<std::string_view> popped;
    for (size_t i = 0; i < count; ++i) {
      std::swap(subkeys[i], subkeys[i + random.Below(length_ - i)]);
      popped.push_back(HashedElements::NameIn(subkeys[i]));
      Reply(popped.back());
    }
    const bool is_sparse = few.deleted > kDeletedForEach * length_;
    // Deletes are let in on a full disk, where nothing new is.
    if (!is_sparse || call_.tx.keyspace().store().full()) {
      CW_TRY(Set(call_.tx, name_, std::move(found_)).Remove(popped));
      return {};
    }
    keyspace::SetBuilder rest(call_.tx, name_.generation);
    for (size_t i = count; i < subkeys.size(); ++i) CW_TRY(rest.Add(subkeys[i]));
    return StoreRest(rest);
  }

  struct Few {
    std::vector<std::string> subkeys;
    uint64_t bytes = 0;    // of theirs; beyond kFewBytes they are not complete
    uint64_t deleted = 0;  // stepped over among them
  };
  Result<Few> LookAtAll() {
    CW_ASSIGN(HashedElements elements, HashedElements::Of(call_.tx, name_.generation, record()));
    HashedElements::Walk walk(elements);
    if (!call_.tx.waits()) walk.SetBudget(keyspace::kHiddenPerSlice);
    Few few;
    for (walk.SeekToFirst(); walk.Valid() && few.bytes <= kFewBytes; walk.Next()) {
      few.subkeys.push_back(walk.position());
      few.bytes += few.subkeys.back().size();
    }
    few.deleted = walk.stepped();
    const Status status = walk.status();
    if (!status && status.error().code() == ErrorCode::kPaused) return TakesLong();
    if (!status) return std::unexpected(status.error());
    return few;
  }

  Status PopSome(uint64_t count) {
    Sampler sampler(call_.Seed());
    sampler.Begin(length_, {.count = count});
    std::vector<std::string> popped;
    const auto pop = [&](std::string_view member, std::string_view /*value*/) {
      Reply(member);
      popped.emplace_back(member);
    };
    for (uint64_t slices = 0; !call_.reply.overflowed(); ++slices) {
      // It steps over what was deleted.
      if (slices == kSlicesAtOnce && !call_.tx.waits()) return TakesLong();
      CW_ASSIGN(const bool done, sampler.Advance(call_.tx, name_.generation, record(), pop));
      if (done) break;
      CW_TRY(call_.tx.Breathe());
    }
    const std::vector<std::string_view> members(popped.begin(), popped.end());
    CW_TRY(Set(call_.tx, name_, std::move(found_)).Remove(members));
    return {};
  }

  Status StoreTheRest(uint64_t count) {
    Random random(call_.Seed());
    keyspace::SetBuilder rest(call_.tx, name_.generation);
    uint64_t left = length_;
    CW_TRY(VisitAll([&](const ObjectReader::ReadItem& read) -> Status {
      if (random.Below(left--) >= count) return rest.Add(read.subkey);
      --count;
      Reply(read.item.name);
      return {};
    }));
    return StoreRest(rest);
  }

  Status StoreRest(keyspace::SetBuilder& rest) {
    CW_ASSIGN(const Record stored, rest.FinishAs(record()));
    return keyspace::PutRecord(call_.tx, name_, found_, stored);
  }

  Call& call_;
  const KeyName name_;
  Lookup found_;
  const uint64_t length_;
};

Status SPop(Call& call) {
  if (call.argv.size() > 3) return call.Error(kSyntaxError);
  const bool single = call.argv.size() == 2;
  const std::optional<uint64_t> count = single ? 1 : TakeCount(call);
  if (!count) return {};
  const KeyName name = call.Key(call.argv[1]);
  CW_ASSIGN(Lookup found, FindForWrite(call, name));
  if (RepliedWrongType(call, found.live(), Type::kSet)) return {};
  if (found.live() == nullptr) {
    single ? call.reply.Null() : call.reply.SetHeader(0);
    return {};
  }
  CW_ASSIGN(const uint64_t length, keyspace::CountItems(*found.live()));
  if (!single) call.reply.SetHeader(std::min(*count, length));
  if (*count == 0) return {};
  return Pop(call, name, std::move(found), length).Run(*count);
}

constexpr Command kRowsOfDraw[] = {
    {.name = "spop",
     .arity = -2,
     .flags = kWrite | kFrees | kFast,
     .keys = {Key(1, kRW | kAccess | kDelete)},
     .handler = SPop,
     .categories = kSetCategory,
     .tips = "nondeterministic_output",
     .docs = {.group = "set",
              .since = "1.0.0",
              .complexity = "O(N) where N is the number of members asked for, or of the set if "
                            "that is many of it",
              .arguments = "key#0 [count:integer@3.2.0]",
              .summary = "Removes random members and returns them."}},
    {.name = "srandmember",
     .arity = -2,
     .flags = kReadOnly,
     .keys = {Key(1, kRO | kAccess)},
     .handler = SRandMember,
     .categories = kSetCategory,
     .tips = "nondeterministic_output",
     .docs = {.group = "set",
              .since = "1.0.0",
              .complexity = "O(N) where N is the number of members asked for, or of the set if "
                            "that is many of it",
              .arguments = "key#0 [count:integer@2.6.0]",
              .summary = "Returns random members."}},
};

}  // namespace

Rows DrawRows() { return kRowsOfDraw; }

}  // namespace cordwood::commands::sets
