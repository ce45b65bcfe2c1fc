#include "keyspace/types/list_search.h"

#include <algorithm>
#include <utility>

#include "keyspace/types/write_steps.h"

namespace cordwood::keyspace {
namespace {

/// Who pushes faster than is looked at, so often, has to wait.
constexpr int kRoundsMax = 8;
/// What has come to the list is looked at in one turn if it is not more.
constexpr uint64_t kAddedAtOnce = 1024;
/// And so many are removed in one.
constexpr uint64_t kRemovedInATurn = 4096;
constexpr uint64_t kBytesForEach = 128;  // that is removed

Status StatusOf(const Result<bool>& result) {
  return result ? Status() : std::unexpected(result.error());
}

/// What others do to the ends of a list meanwhile.
class ListMoves {
 public:
  ListMoves(Collection& list, ReadGuard& guard) : list_(list), guard_(guard) {}

  void LetMove(const ObjectPayload& object) {
    guard_.LetEndsMove(name().generation, name().key,
                       {.head = object.list->head, .tail = object.list->tail});
  }
  void Fix() { guard_.FixEnds(name().generation, name().key); }
  bool have_moved() const { return moves().times > 0; }
  ListEnds stayed() const { return moves().stayed; }
  /// As they left it; from now on they may do more.
  Result<ObjectPayload> FindAgain() {
    CW_TRY(list_.FindAgain());
    if (!list_.in_elements()) return Fail(ErrorCode::kClosed, "the list was changed meanwhile");
    CW_ASSIGN(const ObjectPayload object, list_.Object());
    LetMove(object);
    return object;
  }
  uint64_t record_bytes() const {
    constexpr uint64_t kPayloadBytes = 1024;
    return name().key.size() + kPayloadBytes;
  }

 private:
  const KeyName& name() const { return list_.name(); }
  ReadGuard::Moves moves() const { return guard_.MovesOf(name().generation, name().key); }

  Collection& list_;
  ReadGuard& guard_;
};

}  // namespace

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
  for (WriteSteps write_steps(tx); !IsEnough(matches.size()); --steps) {
    if (steps == 0) return false;
    CW_ASSIGN(const auto element, write_steps.Next(walk));
    if (!element) break;
    if (element->value == value_) matches.emplace_back(element->subkey);
  }
  // If it had enough before its end, what is known behind that is not needed any more.
  if (IsEnough(matches.size())) {
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
  for (WriteSteps write_steps(tx); !IsEnough(matches_.size()) && steps > 0; --steps) {
    CW_ASSIGN(const auto element, write_steps.Next(walk));
    if (!element) {
      far_ = std::move(bound);
      return true;
    }
    if (element->value == value_) matches_.emplace_back(element->subkey);
  }
  far_ = walk.position();
  return IsEnough(matches_.size());
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
  Transaction& tx = list.tx();
  CW_ASSIGN(ObjectPayload object, list.Object());
  const Generation generation = list.generation();
  if (tx.guard() == nullptr) {
    return StatusOf(search.Advance(tx, generation, object, UINT64_MAX));
  }
  ListMoves moves(list, *tx.guard());
  moves.LetMove(object);
  for (int rounds = 0;; ++rounds) {
    CW_TRY(StatusOf(search.Advance(tx, generation, object, UINT64_MAX)));
    const bool is_much = search.matches() > kRemovedInATurn;
    if (is_much || rounds == kRoundsMax) tx.guard()->Lock();
    const uint64_t removed = frees ? search.matches() + kAddedAtOnce : 0;
    CW_TRY(tx.AwaitCommit(added_bytes + moves.record_bytes() + removed * kBytesForEach, frees));
    for (bool knows = true; knows;) {
      if (!moves.have_moved()) {
        moves.Fix();
        if (is_much) tx.ShareTurns();
        return {};
      }
      const ListEnds stayed = moves.stayed();
      CW_ASSIGN(object, moves.FindAgain());
      search.Keep(stayed, (object.shape & kEdited) != 0);
      CW_ASSIGN(knows, search.Advance(tx, generation, object, kAddedAtOnce));
    }
    tx.ShareTurns();
  }
}

}  // namespace cordwood::keyspace
