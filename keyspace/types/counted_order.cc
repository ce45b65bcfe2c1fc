#include "keyspace/types/counted_order.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "keyspace/types/list_walk.h"

namespace cordwood::keyspace {
namespace {

/// The shortest string that is behind `left`, and not behind `right`. REQUIRES: left < right.
std::string_view ShortestBetween(std::string_view left, std::string_view right) {
  const auto [at, other] = std::ranges::mismatch(left, right);
  return right.substr(0, static_cast<size_t>(other - right.begin()) + 1);
}

}  // namespace

CountedElements CountedElementsOf(Generation generation, const ObjectPayload& object) {
  if (object.scores) {
    return {.generation = generation, .oid = object.oid, .space = kScoreSpace};
  }
  CHECK(object.list.has_value());
  return {.generation = generation,
          .oid = object.oid,
          .begin = ListSubkey(object.list->head),
          .end = ListSubkey(object.list->tail)};
}

CountedOrder::CountedOrder(Transaction& tx, const CountedElements& elements, Ranks ranks)
    : tx_(tx),
      bounds_(elements),
      ranks_(ranks),
      children_max_(tx.keyspace().options().rank_children_max),
      elements_(tx, elements.generation, elements.oid, elements.space),
      separators_(tx, elements.generation, elements.oid) {}

template <typename Visit>
Status CountedOrder::VisitChildren(uint8_t level, std::string_view separator, uint64_t count,
                                   const Visit& visit) {
  if (count == 0) return {};
  const auto counted_visit = [&](const Separator& child) {
    ++steps_;
    return visit(child) && --count > 0;
  };
  if (level > Separators::kLeaves) {
    return separators_.VisitFrom(level - 1, separator, counted_visit);
  }
  SteadyWalk walk(tx_, elements_, bounds_.begin, bounds_.end);
  Result<bool> found = walk.SeekTo(std::max<std::string_view>(separator, bounds_.begin));
  for (; found && *found; found = walk.Next()) {
    if (!counted_visit({.text = std::string(walk.subkey()), .elements = 1})) return {};
    CW_TRY(tx_.Breathe());  // of one that a large command made
  }
  return found ? Status() : std::unexpected(found.error());
}

// --- asking ---

Result<uint64_t> CountedOrder::RankOf(std::string_view subkey) {
  CHECK(ranks_ == Ranks::kWhole);
  CW_ASSIGN(Separators::Root root, separators_.FindRoot());
  Separator at = std::move(root.entry);
  uint64_t rank = 0;
  for (uint8_t level = root.level;; --level) {
    std::optional<Separator> last;
    CW_TRY(VisitChildren(level, at.text, at.children, [&](const Separator& child) {
      const bool is_leafs = level == Separators::kLeaves;
      if (is_leafs ? child.text >= subkey : child.text > subkey) return false;
      if (last) rank += last->elements;
      last = child;
      return true;
    }));
    if (level == Separators::kLeaves) return rank + (last ? 1 : 0);
    if (!last) return std::unexpected(RanksAreDamaged());
    at = *std::move(last);
  }
}

Result<std::string> CountedOrder::SubkeyAt(uint64_t rank) {
  CHECK(ranks_ == Ranks::kWhole);
  CW_ASSIGN(Separators::Root root, separators_.FindRoot());
  Separator at = std::move(root.entry);
  for (uint8_t level = root.level;; --level) {
    std::optional<Separator> under;
    CW_TRY(VisitChildren(level, at.text, at.children, [&](const Separator& child) {
      if (rank < child.elements) {
        under = child;
        return false;
      }
      rank -= child.elements;
      return true;
    }));
    if (!under) return std::unexpected(RanksAreDamaged());
    if (level == Separators::kLeaves) return std::move(under->text);
    at = *std::move(under);
  }
}

// --- keeping it up ---

Status CountedOrder::Note(std::span<const std::string> subkeys, int64_t each) {
  if (ranks_ == Ranks::kNone || subkeys.empty()) return {};
  const auto count_before = [&](std::string_view end) {
    return static_cast<size_t>(std::ranges::lower_bound(subkeys, end) - subkeys.begin());
  };
  if (ranks_ == Ranks::kBeingBuilt) {
    CW_ASSIGN(const std::string counted_to, separators_.CountedTo());
    subkeys = subkeys.first(count_before(counted_to));
  }
  while (!subkeys.empty()) {
    CW_ASSIGN(Path path, PathTo(subkeys.front()));
    size_t together = 1;
    if (subkeys.size() > 1) {
      CW_ASSIGN(const std::optional<Separator> next,
                separators_.Behind(Separators::kLeaves, path.front().text));
      together = next ? count_before(next->text) : subkeys.size();
    }
    CW_TRY(Adjust(path, each * static_cast<int64_t>(together)));
    subkeys = subkeys.subspan(together);
    CW_TRY(tx_.Breathe());
  }
  return {};
}

Result<CountedOrder::Path> CountedOrder::PathTo(std::string_view subkey) {
  CW_ASSIGN(Separators::Root root, separators_.FindRoot());
  Path path;
  for (uint8_t level = Separators::kLeaves; level < root.level; ++level) {
    CW_ASSIGN(Separator entry, separators_.Covering(level, subkey));
    path.push_back(std::move(entry));
  }
  path.push_back(std::move(root.entry));
  return path;
}

Status CountedOrder::Adjust(Path& path, int64_t delta) {
  takes_away_ = delta < 0;
  for (Separator& entry : path) {
    entry.elements += static_cast<uint64_t>(delta);
    if (static_cast<int64_t>(entry.elements) < 0) return std::unexpected(RanksAreDamaged());
  }
  path.front().children = path.front().elements;
  for (size_t at = 0; at < path.size(); ++at) CW_TRY(Balance(path, at));
  return DropRootsOfOne(path);
}

Status CountedOrder::Balance(Path& path, size_t at) {
  const Separator& entry = path[at];
  if (entry.children > children_max_) return Split(path, at);
  const bool has_neighbour = at + 1 < path.size() && path[at + 1].children > 1;
  if (has_neighbour && entry.elements == 0) return Remove(path, at);
  // Of two that are small together, one is.
  const bool is_small = entry.children <= children_max_ / 4;
  if (has_neighbour && takes_away_ && is_small) return Join(path, at);
  Put(LevelOf(at), entry);
  return {};
}

Status CountedOrder::Split(Path& path, size_t at) {
  const Separator whole = path[at];
  const uint8_t level = LevelOf(at);
  // Two, but for what a large command made.
  const uint64_t piece_max = children_max_ / 4 * 3;
  const uint64_t pieces = (whole.children + piece_max - 1) / piece_max;
  const uint64_t size = (whole.children + pieces - 1) / pieces;
  Path made = {{.text = whole.text}};
  uint64_t seen = 0;
  std::string previous;
  CW_TRY(VisitChildren(level, whole.text, whole.children, [&](const Separator& child) {
    if (made.back().children == size) {
      made.push_back({.text = level > Separators::kLeaves
                                  ? child.text
                                  : std::string(ShortestBetween(previous, child.text))});
    }
    made.back().elements += child.elements;
    ++made.back().children;
    ++seen;
    previous = child.text;
    return true;
  }));
  if (seen != whole.children) return std::unexpected(RanksAreDamaged());
  for (const Separator& piece : made) Put(level, piece);
  if (at + 1 == path.size()) path.push_back({.elements = whole.elements, .children = 1});
  path[at + 1].children += made.size() - 1;
  return {};
}

Status CountedOrder::Remove(Path& path, size_t at) {
  const Separator& entry = path[at];
  Separator& parent = path[at + 1];
  --parent.children;
  const uint8_t top = LevelOf(at);
  std::optional<Separator> next;
  if (entry.text == parent.text) {
    CW_ASSIGN(next, separators_.Behind(top, entry.text));
    if (!next) return std::unexpected(RanksAreDamaged());
  }
  // Under it there is one on each level, which has no elements either.
  for (uint8_t level = Separators::kLeaves; level <= top; ++level) {
    if (next) {
      CW_TRY(Rename(level, next->text, entry.text));
    } else {
      separators_.Delete(level, entry.text);
    }
  }
  return {};
}

Status CountedOrder::Rename(uint8_t level, std::string_view from, std::string_view to) {
  CW_ASSIGN(std::optional<Separator> entry, separators_.Get(level, from));
  if (!entry) return std::unexpected(RanksAreDamaged());
  separators_.Delete(level, from);
  entry->text = to;
  Put(level, *entry);
  return {};
}

Status CountedOrder::Join(Path& path, size_t at) {
  Separator& entry = path[at];
  Separator& parent = path[at + 1];
  const uint8_t level = LevelOf(at);
  const auto fits = [&](const std::optional<Separator>& other) {
    return other && other->children + entry.children <= children_max_ / 2;
  };
  CW_ASSIGN(std::optional<Separator> other, separators_.Behind(level, entry.text));
  bool joins = fits(other);
  if (joins) {
    // The first of another node is no neighbour.
    CW_ASSIGN(const std::optional<Separator> node, separators_.Get(level + 1, other->text));
    joins = !node;
  }
  if (!joins && entry.text != parent.text) {
    CW_ASSIGN(other, separators_.Before(level, entry.text));
    joins = fits(other);
    if (joins) std::swap(entry, *other);
  }
  if (joins) {
    separators_.Delete(level, other->text);
    entry.elements += other->elements;
    entry.children += other->children;
    --parent.children;
  }
  Put(level, entry);
  return {};
}

Status CountedOrder::DropRootsOfOne(const Path& path) {
  uint64_t children = path.back().children;
  for (uint8_t level = LevelOf(path.size() - 1); level > Separators::kLeaves && children == 1;) {
    separators_.Delete(level--, {});
    CW_ASSIGN(const std::optional<Separator> root, separators_.Get(level, {}));
    if (!root) return std::unexpected(RanksAreDamaged());
    children = root->children;
  }
  return {};
}

void CountedOrder::Put(uint8_t level, const Separator& entry) {
  takes_away_ ? separators_.PutShrunk(level, entry) : separators_.Put(level, entry);
}

// --- building ---

void CountedOrder::Begin() {
  separators_.PutCountedTo({});
  separators_.Put(Separators::kLeaves, {});
}

Result<std::string> CountedOrder::CountedTo() { return separators_.CountedTo(); }

Status CountedOrder::Extend(uint64_t elements, std::string_view counted_to) {
  CW_ASSIGN(const std::string last, separators_.CountedTo());
  CW_ASSIGN(Path path, PathTo(last));
  CW_TRY(Adjust(path, static_cast<int64_t>(elements)));
  separators_.PutCountedTo(counted_to);
  return {};
}

void CountedOrder::Finish() { separators_.DeleteCountedTo(); }

}  // namespace cordwood::keyspace
