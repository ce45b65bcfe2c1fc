#include "keyspace/types/list_search.h"

#include <algorithm>
#include <utility>

#include "keyspace/types/list_steps.h"

namespace cordwood::keyspace {

std::string ListSearch::NearBound(const ObjectPayload& object) const {
  return ListSubkey(forwards() ? object.list->head : object.list->tail);
}

std::string ListSearch::FarBound(const ObjectPayload& object) const {
  return ListSubkey(forwards() ? object.list->tail : object.list->head);
}

Result<bool> ListSearch::Advance(Transaction& tx, Generation generation,
                                 const ObjectPayload& object, uint64_t steps) {
  if (near_.empty()) near_ = far_ = NearBound(object);
  CW_ASSIGN(const bool has_near, AdvanceNear(tx, generation, object, steps));
  return has_near ? AdvanceFar(tx, generation, object, steps) : Result<bool>(false);
}

// It can't be left in the middle, or what is known would be two stretches.
Result<bool> ListSearch::AdvanceNear(Transaction& tx, Generation generation,
                                     const ObjectPayload& object, uint64_t& steps) {
  std::string bound = NearBound(object);
  if (IsReached(near_, bound)) return true;
  ObjectPayload added = object;
  (forwards() ? added.list->tail : added.list->head) = PositionOf(near_);
  std::vector<std::string> matches;
  ListWalk walk(tx, generation, added, from_);
  const auto has_enough = [&] { return matches.size() >= most_ || matches.size() > kept_max_; };
  for (WriteSteps write_steps(tx); !has_enough(); --steps) {
    if (steps == 0) return false;
    CW_ASSIGN(const auto element, write_steps.Next(walk));
    if (!element) break;
    if (element->value == value_) matches.emplace_back(element->subkey);
  }
  // If it had enough before its end, what is known behind that is not needed any more.
  if (has_enough()) {
    matches_.clear();
    far_ = walk.position();
  }
  matches_.insert(matches_.begin(), matches.begin(), matches.end());
  near_ = std::move(bound);
  return true;
}

Result<bool> ListSearch::AdvanceFar(Transaction& tx, Generation generation,
                                    const ObjectPayload& object, uint64_t& steps) {
  std::string bound = FarBound(object);
  if (IsReached(bound, far_)) return true;
  ListWalk walk(tx, generation, object, from_, far_);
  for (WriteSteps write_steps(tx); !has_enough() && steps > 0; --steps) {
    CW_ASSIGN(const auto element, write_steps.Next(walk));
    if (!element) {
      far_ = std::move(bound);
      return true;
    }
    if (element->value == value_) matches_.emplace_back(element->subkey);
  }
  far_ = walk.position();
  return has_enough();
}

void ListSearch::Keep(const ListEnds& stayed, bool edited) {
  // Of the outermost positions of an edited list some of the elements may have been popped.
  const uint64_t head = stayed.head + (edited ? 1 : 0);
  const uint64_t tail = stayed.tail - (edited ? 1 : 0);
  const std::string begin = ListSubkey(head);
  const std::string end = ListSubkey(tail);
  std::string& low = forwards() ? near_ : far_;
  std::string& high = forwards() ? far_ : near_;
  low = std::max(low, begin);
  high = std::min(high, end);
  if (head >= tail || low >= high) {
    near_.clear();
    far_.clear();
    matches_.clear();
    return;
  }
  const auto is_out = [&](const std::string& subkey) { return subkey < low || subkey >= high; };
  while (!matches_.empty() && is_out(matches_.front())) matches_.pop_front();
  while (!matches_.empty() && is_out(matches_.back())) matches_.pop_back();
}

std::vector<std::string> ListSearch::TakeMatches() {
  const auto count = static_cast<ptrdiff_t>(std::min<uint64_t>(most_, matches_.size()));
  std::vector<std::string> taken(std::make_move_iterator(matches_.begin()),
                                 std::make_move_iterator(matches_.begin() + count));
  matches_.clear();
  return taken;
}

Status SearchBesideOthers(Collection& list, ListSearch& search, uint64_t added_bytes, bool frees) {
  constexpr int kRoundsMax = 8;
  constexpr uint64_t kAddedAtOnce = 1024;
  constexpr uint64_t kBytesForEach = 128;  // that is removed
  constexpr uint64_t kRecordBytes = 1024;  // beside the key's name
  Transaction& tx = list.tx();
  ReadGuard* const guard = tx.guard();
  const auto [generation, key] = list.name();
  CW_ASSIGN(ObjectPayload object, list.Object());
  const auto let_ends_move = [&] {
    const ListEnds ends = {.head = object.list->head, .tail = object.list->tail};
    if (guard != nullptr) guard->LetEndsMove(generation, key, ends);
  };
  let_ends_move();
  for (int rounds = 0;; ++rounds) {
    if (guard != nullptr && rounds == kRoundsMax) guard->Lock();
    CW_TRY(search.Advance(tx, generation, object, UINT64_MAX));
    if (guard == nullptr) return {};
    if (search.has_too_many()) break;
    const uint64_t removed = frees ? search.matches() + kAddedAtOnce : 0;
    const uint64_t bytes = added_bytes + key.size() + kRecordBytes + removed * kBytesForEach;
    CW_TRY(tx.AwaitCommit(bytes, frees));
    for (bool knows = true; knows;) {
      const ReadGuard::Moves moves = guard->MovesOf(generation, key);
      if (moves.times == 0) {
        guard->FixEnds(generation, key);
        return {};
      }
      CW_TRY(list.FindAgain());
      if (!list.in_elements()) return Fail(ErrorCode::kClosed, "the list was changed");
      CW_ASSIGN(object, list.Object());
      search.Keep(moves.stayed, (object.shape & kEdited) != 0);
      let_ends_move();
      CW_ASSIGN(knows, search.Advance(tx, generation, object, kAddedAtOnce));
    }
    tx.ShareTurns();
  }
  guard->FixEnds(generation, key);
  return {};
}

}  // namespace cordwood::keyspace
