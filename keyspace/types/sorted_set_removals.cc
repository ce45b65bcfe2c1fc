// What takes members of a sorted set away.

#include <algorithm>

#include "base/check.h"
#include "keyspace/core/gathered_reads.h"
#include "keyspace/core/in_turns.h"
#include "keyspace/types/named_items.h"
#include "keyspace/types/object_ranks.h"
#include "keyspace/types/sorted_reader.h"
#include "keyspace/types/sorted_set_builder.h"
#include "keyspace/types/sorted_sets.h"
#include "keyspace/types/write_steps.h"
#include "keyspace/types/written_anew.h"

namespace cordwood::keyspace {
namespace {

using Write = Collection::Write;

/// If a walk meets more, what stays is stored anew.
constexpr uint64_t kDeletedMax = 32'768;
/// Of each member.
constexpr uint64_t kElements = 2;

Error MemberIsMissing() {
  return {ErrorCode::kCorruption, "a sorted set has fewer members than its record says"};
}

OrderRange Everything() { return {}; }

}  // namespace

// --- by name ---

Result<uint64_t> SortedSet::Remove(std::span<const std::string_view> members) {
  if (!exists()) return 0;
  if (!in_elements()) {
    CW_ASSIGN(Inline set, TakeInline());
    CW_ASSIGN(const uint64_t removed,
              EraseNamed(tx(), set.members, members, &ScoredMember::member));
    if (removed > 0) CW_TRY(PutInline(set, Write::kTakesAway));
    return removed;
  }
  CW_ASSIGN(SortedElements elements, Elements());
  const uint64_t before = elements.count();
  HashedElements ahead = elements.items();
  const auto look = [&](std::string_view member) { static_cast<void>(ahead.Get(member)); };
  CW_TRY(ReadInTurns(tx(), members, look, [&](std::span<const std::string_view> some) {
    return RemoveSome(elements, some);
  }));
  const uint64_t removed = before - elements.count();
  if (removed == 0) return 0;
  if (elements.count() == 0) {
    CW_TRY(collection_.Remove());
  } else {
    CW_TRY(elements.FollowRanks());
    CW_TRY(collection_.PutObject(elements.object(), Write::kTakesAway));
  }
  return removed;
}

Status SortedSet::RemoveSome(SortedElements& elements, std::span<const std::string_view> members) {
  GatheredReads reads;
  for (const HashedElements::Name& name : HashedElements::InOrder(members, std::identity())) {
    const storage::ReadScope scope(tx().view());
    const Result<std::optional<double>> score = elements.Score(name);
    if (reads.Ok(score) && *score) {
      if (elements.count() == 0) return std::unexpected(MemberIsMissing());
      elements.Delete(name, **score);
    }
    if (reads.failed()) break;
  }
  return reads.status();
}

// --- stretches ---

Result<uint64_t> SortedSet::RemoveRange(const OrderRange& range) {
  if (!exists()) return 0;
  if (!in_elements()) {
    CW_ASSIGN(Inline set, TakeInline());
    const uint64_t removed = std::erase_if(set.members, [&](const ScoredMember& each) {
      return !IsBeforePlace(each, range.begin) &&
             (range.end.empty() || IsBeforePlace(each, range.end));
    });
    if (removed > 0) CW_TRY(PutInline(set, Write::kTakesAway));
    return removed;
  }
  CW_ASSIGN(SortedElements elements, Elements());
  CW_ASSIGN(const Met met, Meet(elements, range, Direction::kForwards, UINT64_MAX, {}));
  return RemoveMet(elements, met);
}

Status SortedSet::RemoveRanks(uint64_t first, uint64_t count) {
  if (!in_elements()) {
    CW_ASSIGN(Inline set, TakeInline());
    CHECK(first + count <= set.members.size());
    const auto begin = set.members.begin() + static_cast<std::ptrdiff_t>(first);
    set.members.erase(begin, begin + static_cast<std::ptrdiff_t>(count));
    return PutInline(set, Write::kTakesAway);
  }
  CW_ASSIGN(SortedElements elements, Elements());
  CHECK(first + count <= elements.count());
  const bool at_tail = first > 0 && first + count == elements.count();
  OrderRange range = Everything();
  if (first > 0 && !at_tail) {
    CW_ASSIGN(range.begin, PlaceAt(elements, first));
  }
  CW_ASSIGN(const Met met, Meet(elements, range,
                                at_tail ? Direction::kBackwards : Direction::kForwards, count, {}));
  if (met.count != count) return std::unexpected(MemberIsMissing());
  CW_TRY(RemoveMet(elements, met));
  return {};
}

Status SortedSet::Pop(Direction end, uint64_t count, const Visit& visit) {
  if (!exists() || count == 0) return {};
  if (!in_elements()) {
    CW_ASSIGN(Inline set, TakeInline());
    Members& members = set.members;
    if (end == Direction::kForwards) std::ranges::reverse(members);
    for (; count > 0 && !members.empty(); --count) {
      visit(members.back());
      members.pop_back();
    }
    if (end == Direction::kForwards) std::ranges::reverse(members);
    return PutInline(set, Write::kTakesAway);
  }
  CW_ASSIGN(SortedElements elements, Elements());
  count = std::min(count, elements.count());
  CW_ASSIGN(const Met met, Meet(elements, Everything(), end, count, visit));
  if (met.count != count) return std::unexpected(MemberIsMissing());
  CW_TRY(RemoveMet(elements, met));
  return {};
}

// --- elements ---

Result<SortedSet::Met> SortedSet::Meet(const SortedElements& elements, const OrderRange& range,
                                       Direction direction, uint64_t most, const Visit& visit) {
  Met met{.range = WithinScores(range, *elements.object().scores)};
  if (met.range.IsEmpty()) return met;
  const bool needs_all = visit || most != UINT64_MAX;
  ElementWalk walk = elements.Walk(met.range, direction);
  for (WriteSteps steps(tx()); met.count < most;) {
    CW_ASSIGN(const std::optional<ElementWalk::Element> element, steps.Next(walk));
    if (!element) return met;
    CW_ASSIGN(const ScoredMember member, OrderElementOf(element->subkey, element->value));
    ++met.count;
    if (visit) visit(member);
    if (met.count <= kDeletedMax) {
      met.members.emplace_back(member.member, member.score);
    } else if (!needs_all) {
      return met;
    }
  }
  (direction == Direction::kForwards ? met.range.end : met.range.begin) = walk.position();
  return met;
}

Result<std::string> SortedSet::PlaceAt(const SortedElements& elements, uint64_t index) {
  const Generation generation = collection_.generation();
  CW_ASSIGN(std::optional<std::string> ranked,
            SubkeyByRank(tx(), generation, elements.object(), index));
  if (ranked) return *std::move(ranked);
  const bool from_head = index <= elements.count() / 2;
  const uint64_t steps = from_head ? index : elements.count() - index;
  AskForRanks(tx(), collection_.name(), elements.object(), steps);
  const OrderRange all = WithinScores(Everything(), *elements.object().scores);
  ElementWalk walk = elements.Walk(all, from_head ? Direction::kForwards : Direction::kBackwards);
  WriteSteps walked(tx());
  for (uint64_t left = steps; left > 0; --left) {
    CW_ASSIGN(const std::optional<ElementWalk::Element> element, walked.Next(walk));
    if (!element) return std::unexpected(MemberIsMissing());
  }
  return walk.position();
}

Result<uint64_t> SortedSet::RemoveMet(SortedElements& elements, const Met& met) {
  if (met.count == 0) return 0;
  if (met.count >= elements.count()) {
    CW_TRY(collection_.Remove());
    return met.count;
  }
  const uint64_t stay = elements.count() - met.count;
  if (met.count > kDeletedMax ||
      IsWrittenAnew(options(), kElements * met.count, kElements * stay)) {
    return StoreRest(elements, met.range);
  }
  for (const auto& [member, score] : met.members) {
    CW_TRY(tx().Breathe());
    elements.Delete(HashedElements::Name(member), score);
  }
  CW_TRY(elements.FollowRanks());
  elements.NoteEmpty(met.range);
  CW_TRY(collection_.PutObject(elements.object(), Write::kTakesAway));
  return met.count;
}

Result<uint64_t> SortedSet::StoreRest(const SortedElements& elements, const OrderRange& gone) {
  SortedSetBuilder rest(tx(), collection_.generation());
  WriteSteps steps(tx());
  const auto store = [&](const OrderRange& range) -> Status {
    const OrderRange within = WithinScores(range, *elements.object().scores);
    if (within.IsEmpty()) return {};
    ElementWalk walk = elements.Walk(within, Direction::kForwards);
    for (;;) {
      CW_ASSIGN(const std::optional<ElementWalk::Element> element, steps.Next(walk));
      if (!element) return {};
      CW_ASSIGN(const ScoredMember member, OrderElementOf(element->subkey, element->value));
      CW_TRY(rest.Add(member));
    }
  };
  if (!gone.begin.empty()) CW_TRY(store({.end = gone.begin}));
  if (!gone.end.empty()) CW_TRY(store({.begin = gone.end}));
  const uint64_t removed = elements.count() - rest.count();
  if (rest.count() == 0) {
    CW_TRY(collection_.Remove());
  } else {
    CW_ASSIGN(const ObjectPayload object, rest.FinishObject(elements.object().shape));
    CW_TRY(collection_.PutObject(object));
  }
  return removed;
}

}  // namespace cordwood::keyspace
