// SRANDMEMBER and SPOP.

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/random.h"
#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/collection_read.h"
#include "commands/core/error_texts.h"
#include "commands/core/events.h"
#include "commands/core/lookup.h"
#include "commands/core/row.h"
#include "commands/core/sample.h"
#include "commands/core/sampler.h"
#include "keyspace/types/object_reader.h"
#include "keyspace/types/set_builder.h"
#include "keyspace/types/sets.h"
#include "keyspace/types/traits.h"
#include "keyspace/types/written_anew.h"

namespace cordwood::commands::sets {
namespace {

using keyspace::HashedElements;
using keyspace::KeyName;
using keyspace::Lookup;
using keyspace::ObjectReader;
using keyspace::Record;
using keyspace::Set;
using keyspace::Type;

/// So many members are walked over in one turn; a pop that takes more gets a stack of its own.
constexpr uint64_t kStepsAtOnce = 4096;
constexpr uint64_t kSlicesAtOnce = 8;  // of a sampler
/// And so many are popped. Each costs more than a step: it is replied, looked up and deleted.
constexpr uint64_t kPopsAtOnce = 256;
/// A set with few members is stored anew when a pop steps over more deleted ones than so many for
/// each.
constexpr uint64_t kDeletedForEach = 8;

Status SRandMember(Call& call) {
  if (call.argv.size() > 3) return call.Error(kSyntaxError);
  const std::optional<Sample> sample = TakeSample(call, {});
  return sample ? ReplySample(call, Type::kSet, *sample) : Status();
}

class Pop {
 public:
  /// Of a live set with `length` members.
  Pop(Call& call, const KeyName& name, Lookup&& found, uint64_t length)
      : call_(call), name_(name), found_(std::move(found)), length_(length) {}

  /// Replies `count` members, fewer if there are not so many, and removes them. What stands in
  /// front of them was replied.
  Status Run(uint64_t count) {
    CW_TRY(Take(count));
    constexpr Event kPopped = {.event_class = EventClass::kSet, .name = "spop"};
    NotifyTaken(call_, kPopped, name_.key, count >= length_);
    return {};
  }

 private:
  Status Take(uint64_t count) {
    const uint64_t steps = StepsOf(count);
    const bool is_much = count > kPopsAtOnce || steps > kStepsAtOnce;
    if (is_much && !call_.tx.waits()) return TakesLong();
    if (count >= length_) return PopAll();
    CW_ASSIGN(shape_, keyspace::ShapeOf(record()));
    const keyspace::KeyspaceOptions& options = call_.tx.keyspace().options();
    const bool is_anew = keyspace::IsWrittenAnew(options, count, length_ - count);
    return is_anew || BeginsAnew(count) ? StoreTheRest(count) : PopSome(count);
  }

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
    ObjectReader members(call_.tx, name_.generation, record());
    if (!call_.tx.waits()) members.SetBudget(keyspace::kHiddenPerSlice);
    for (uint64_t visited = 0; visited < length_; ++visited) {
      const auto next = members.Next();
      if (!next && next.error().code() == ErrorCode::kPaused) return TakesLong();
      if (!next) return std::unexpected(next.error());
      if (!*next) return std::unexpected(CollectionRead::CountIsWrong());
      CW_TRY(visit(**next));
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
    if (IsSparse(sampler.stepped())) return StoreWithout(members);
    CW_TRY(Set(call_.tx, name_, std::move(found_)).Remove(members));
    return {};
  }

  /// What a drained set has left lies among those that were deleted, and every pop would step over
  /// them. Deletes are let in on a full disk, where nothing new is.
  bool IsSparse(uint64_t stepped) const {
    return record().owns_object() && length_ <= Sampler::kExactMax &&
           stepped > kDeletedForEach * length_ && !call_.tx.keyspace().store().full();
  }

  Status StoreWithout(std::span<const std::string_view> popped) {
    const std::unordered_set<std::string_view> gone(popped.begin(), popped.end());
    keyspace::SetBuilder rest(call_.tx, name_.generation);
    CW_TRY(VisitAll([&](const ObjectReader::ReadItem& read) {
      return gone.contains(read.item.name) ? Status() : rest.Add(read.subkey);
    }));
    return StoreRest(rest, shape_);
  }

  /// Redis makes a new set of what stays of a hash table if that is so little beside what it pops,
  /// and that one begins as a listpack. Of many nothing comes of it.
  bool BeginsAnew(uint64_t count) const {
    constexpr uint8_t kTable = keyspace::kBeyondIntset | keyspace::kBeyondListpack;
    constexpr uint64_t kPoppedForEach = 5;
    const uint64_t stay = length_ - count;
    keyspace::Keyspace& keyspace = call_.tx.keyspace();
    return shape_ == kTable && stay * kPoppedForEach <= count &&
           stay <= keyspace.options().set_listpack_entries && !keyspace.store().full();
  }

  Status StoreTheRest(uint64_t count) {
    const bool begins_anew = BeginsAnew(count);
    Random random(call_.Seed());
    keyspace::SetBuilder rest(call_.tx, name_.generation, keyspace::kBeyondIntset);
    uint64_t left = length_;
    CW_TRY(VisitAll([&](const ObjectReader::ReadItem& read) -> Status {
      const std::string_view member = read.item.name;
      if (random.Below(left--) >= count) return rest.Add(HashedElements::SubkeyOf(member));
      --count;
      Reply(member);
      return {};
    }));
    return StoreRest(rest, begins_anew ? rest.shape() : shape_);
  }

  Status StoreRest(keyspace::SetBuilder& rest, uint8_t shape) {
    CW_ASSIGN(const Record stored, rest.FinishAs(record(), shape));
    return keyspace::PutRecord(call_.tx, name_, found_, stored);
  }

  Call& call_;
  const KeyName name_;
  Lookup found_;
  const uint64_t length_;
  uint8_t shape_ = 0;
};

Status SPop(Call& call) {
  if (call.argv.size() > 3) return call.Error(kSyntaxError);
  const bool single = call.argv.size() == 2;
  const std::optional<uint64_t> count =
      single ? 1 : ArgReader(call, 2).CountFrom(0, kMustBePositive);
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
