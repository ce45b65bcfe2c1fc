#include "keyspace/types/sorted_sets.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/coding.h"
#include "keyspace/core/gathered_reads.h"
#include "keyspace/core/in_turns.h"
#include "keyspace/types/hashed_collection.h"
#include "keyspace/types/hashed_elements.h"
#include "keyspace/types/sorted_reader.h"
#include "keyspace/types/sorted_set_builder.h"

namespace cordwood::keyspace {
namespace {

using Write = Collection::Write;

Result<Item> WithScore(const Result<Item>& item) {
  if (item) CW_TRY(ScoreOfBytes(item->value));
  return item;
}

/// What a member's score becomes; nothing: it stays. NaN: the sum is no number.
std::optional<double> Judge(const AddRules& rules, std::optional<double> old, double given) {
  if (!old) return rules.adds ? std::optional(given) : std::nullopt;
  if (!rules.updates) return std::nullopt;
  const double score = rules.increments ? *old + given : given;
  if (std::isnan(score)) return score;
  const bool stays = (rules.only_less && score >= *old) || (rules.only_greater && score <= *old);
  return stays ? std::nullopt : std::optional(score);
}

/// Down to the sign of 0: a member that is named twice may have become another score in between.
bool IsSame(std::optional<double> a, std::optional<double> b) {
  return a == b && (!a || std::signbit(*a) == std::signbit(*b));
}

uint64_t BytesOf(const ScoredMember& member) {
  return InlineItemBytes(member.member.size(), sizeof member.score);
}

}  // namespace

/// Judges one member after the other and counts. A score that is equal stays as it is: -0 is 0.
class SortedSet::Additions {
 public:
  explicit Additions(const AddRules& rules) : rules_(rules) {}

  /// What becomes of a member that has this score, or none.
  std::optional<double> Apply(std::optional<double> old, double given) {
    result_.score = Judge(rules_, old, given);
    if (!result_.score) return old;
    if (std::isnan(*result_.score)) {
      result_.not_a_number = true;
      return old;
    }
    if (old == result_.score) return old;
    ++(old ? result_.changed : result_.added);
    return result_.score;
  }
  const AddResult& result() const { return result_; }

 private:
  const AddRules& rules_;
  AddResult result_;
};

Result<Item> TakeInlineScored(ByteReader& in) { return WithScore(TakeHeadedItem(in, {})); }

Result<Item> ScoredElementOf(std::string_view subkey, std::string_view stored) {
  return WithScore(HashedElements::ItemOf(subkey, stored, {}));
}

Result<TypeTraits::Derived> OrderElementFor(const Item& item) {
  CW_ASSIGN(const double score, ScoreOfBytes(item.value));
  return TypeTraits::Derived{.space = kScoreSpace,
                             .subkey = OrderSubkey({.member = item.name, .score = score}),
                             .value = OrderValue(score)};
}

// --- reading ---

Result<SortedSet::Inline> SortedSet::TakeInline() const {
  CW_ASSIGN(const InlinePayload payload, collection_.Inline());
  CW_ASSIGN(Members members, InlineMembers(payload.items));
  return Inline{.shape = payload.shape, .members = std::move(members)};
}

Result<SortedElements> SortedSet::Elements() const {
  CW_ASSIGN(const ObjectPayload object, collection_.Object());
  return SortedElements(tx(), collection_.generation(), object);
}

Result<uint64_t> SortedSet::Length() const {
  if (in_elements()) {
    CW_ASSIGN(const ObjectPayload object, collection_.Object());
    return object.count;
  }
  CW_ASSIGN(const Inline set, TakeInline());
  return set.members.size();
}

Result<std::optional<double>> SortedSet::Score(std::string_view member) {
  std::optional<double> found;
  CW_TRY(ScoresOf({&member, 1}, [&](std::optional<double> score) { found = score; }));
  return found;
}

Status SortedSet::ScoresOf(std::span<const std::string_view> members, const VisitScore& visit) {
  if (!in_elements()) {
    CW_ASSIGN(const Inline set, TakeInline());
    for (const std::string_view member : members) {
      CW_TRY(tx().Breathe());
      const auto it = std::ranges::find(set.members, member, &ScoredMember::member);
      visit(it != set.members.end() ? std::optional(it->score) : std::nullopt);
    }
    return {};
  }
  CW_ASSIGN(SortedElements elements, Elements());
  HashedElements ahead = elements.items();
  const auto look = [&](std::string_view member) { static_cast<void>(ahead.Get(member)); };
  GatheredReads reads;
  CW_TRY(ReadInTurns(tx(), members, look, [&](std::span<const std::string_view> some) -> Status {
    for (const std::string_view member : some) {
      const storage::ReadScope scope(tx().view());
      const auto score = elements.Score(HashedElements::Name(member));
      if (reads.Ok(score)) visit(*score);
      if (reads.failed()) break;
    }
    return {};
  }));
  return reads.status();
}

// --- adding ---

uint8_t SortedSet::ShapeWith(uint8_t shape, uint64_t count,
                             std::span<const ScoredMember> named) const {
  const uint64_t longest = options().sorted_set_listpack_value_bytes;
  const bool too_long = std::ranges::any_of(
      named, [&](const ScoredMember& each) { return each.member.size() > longest; });
  const bool too_many =
      std::max<uint64_t>(count, named.size()) > options().sorted_set_listpack_entries;
  return too_long || too_many ? shape | kBeyondListpack : shape;
}

Status SortedSet::PutInline(const Inline& set, Write write) {
  if (set.members.empty()) return collection_.Remove();
  uint64_t bytes = 0;
  for (const ScoredMember& member : set.members) bytes += BytesOf(member);
  std::string payload = InlinePayload::Begin(set.shape, bytes);
  for (const ScoredMember& member : set.members) {
    AppendInlineItem(payload, member.member, {}, ScoreBytes(member.score));
  }
  return collection_.PutInline(std::move(payload), write);
}

Result<SortedElements> SortedSet::Convert(const Inline& set) {
  SortedSetBuilder builder(tx(), collection_.generation());
  for (const ScoredMember& member : set.members) CW_TRY(builder.Add(member));
  CW_ASSIGN(const ObjectPayload object, builder.FinishObject(set.shape));
  // Of a guarded transaction it is stored already.
  using Object = SortedElements::Object;
  return SortedElements(tx(), collection_.generation(), object,
                        tx().is_guarded() ? Object::kStored : Object::kNew);
}

Result<AddResult> SortedSet::Add(std::span<const ScoredMember> members, const AddRules& rules) {
  CHECK(!members.empty());
  AddResult result;
  if (in_elements()) {
    CW_ASSIGN(SortedElements elements, Elements());
    CW_ASSIGN(result, AddElements(elements, members, rules));
  } else {
    CW_ASSIGN(result, AddInline(members, rules));
  }
  if (result.added > 0) collection_.Signal();
  return result;
}

Result<AddResult> SortedSet::AddInline(std::span<const ScoredMember> members,
                                       const AddRules& rules) {
  CW_ASSIGN(Inline set, TakeInline());
  uint64_t bytes = 0;
  for (const ScoredMember& member : set.members) bytes += BytesOf(member);
  Additions additions(rules);
  for (size_t i = 0; i < members.size(); ++i) {
    CW_TRY(tx().Breathe());
    const ScoredMember& given = members[i];
    const auto it = std::ranges::find(set.members, given.member, &ScoredMember::member);
    if (it != set.members.end()) {
      it->score = *additions.Apply(it->score, given.score);
      continue;
    }
    const std::optional<double> score = additions.Apply(std::nullopt, given.score);
    if (!score) continue;
    bytes += BytesOf(given);
    if (!collection_.FitsInline(set.members.size() + 1, bytes)) {
      set.shape = ShapeWith(set.shape, set.members.size(), members.first(i));
      CW_ASSIGN(SortedElements elements, Convert(set));
      CW_ASSIGN(AddResult result, AddElements(elements, members.subspan(i), rules));
      const AddResult& before = additions.result();
      result.added += before.added - 1;  // this one was judged twice
      result.changed += before.changed;
      return result;
    }
    set.members.push_back({.member = given.member, .score = *score});
  }
  const AddResult& result = additions.result();
  if (result.added + result.changed == 0) return result;
  if (result.added > 0) set.shape = ShapeWith(set.shape, set.members.size(), members);
  std::ranges::sort(set.members, IsBefore);
  CW_TRY(PutInline(set, Write::kAdds));
  return result;
}

Result<AddResult> SortedSet::AddElements(SortedElements& elements,
                                         std::span<const ScoredMember> members,
                                         const AddRules& rules) {
  const bool is_new = !in_elements();
  const ObjectPayload before = elements.object();
  Additions additions(rules);
  HashedElements ahead = elements.items();
  const auto look = [&](const ScoredMember& each) { static_cast<void>(ahead.Get(each.member)); };
  CW_TRY(ReadInTurns(tx(), members, look, [&](std::span<const ScoredMember> some) {
    return AddSome(elements, some, additions);
  }));
  const AddResult& result = additions.result();
  if (result.added + result.changed == 0 && !is_new) return result;
  if (result.added > 0) {
    elements.SetShape(ShapeWith(elements.object().shape, elements.count(), members));
  }
  CW_TRY(elements.FollowRanks());
  if (is_new || elements.object() != before) {
    CW_TRY(collection_.PutObject(elements.object()));
  } else {
    collection_.NoteChange();
  }
  return result;
}

Status SortedSet::AddSome(SortedElements& elements, std::span<const ScoredMember> members,
                          Additions& additions) {
  const std::vector<HashedElements::Name> names =
      HashedElements::InOrder(members, [](const ScoredMember& each) { return each.member; });
  GatheredReads reads;
  for (size_t i = 0; i < names.size() && !reads.failed();) {
    const HashedElements::Name& name = names[i];
    const storage::ReadScope scope(tx().view());
    const Result<std::optional<double>> old = elements.Score(name);
    const bool is_read = reads.Ok(old);
    std::optional<double> score = is_read ? *old : std::nullopt;
    for (; i < names.size() && names[i].name == name.name; ++i) {
      score = additions.Apply(score, members[names[i].index].score);
    }
    if (!is_read || IsSame(score, *old)) continue;
    if (*old) {
      elements.Move(name, **old, *score);
    } else {
      elements.Add(name, *score);
    }
  }
  return reads.status();
}

}  // namespace cordwood::keyspace
