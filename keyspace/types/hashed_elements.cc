#include "keyspace/types/hashed_elements.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

#include "base/check.h"
#include "base/coding.h"
#include "base/hash.h"
#include "keyspace/types/traits.h"

namespace cordwood::keyspace {
namespace {

constexpr size_t kHashBytes = sizeof(uint64_t);
/// So many names are put near their places before they are sorted, with about so many others.
constexpr size_t kManyNames = 1024;
constexpr size_t kNamesTogether = 8;

/// What lies behind the head.
Result<std::string_view> ValueOf(std::string_view stored, std::string_view head) {
  if (stored.starts_with(head)) return stored.substr(head.size());
  return Fail(ErrorCode::kCorruption, "an element's value begins with what is not known");
}

/// A hash as it stands in front of a name.
class HashBytes {
 public:
  explicit HashBytes(uint64_t hash) { StoreFixed(bytes_.data(), __builtin_bswap64(hash)); }
  std::string_view view() const { return {bytes_.data(), bytes_.size()}; }

 private:
  std::array<char, kHashBytes> bytes_;
};

}  // namespace

// --- single elements ---

HashedElements::Name::Name(std::string_view text, size_t which)
    : name(text), hash(Hash64(text)), index(which) {}

bool HashedElements::IsBefore(const Name& a, const Name& b) {
  if (a.hash != b.hash) return a.hash < b.hash;
  const int order = a.name.compare(b.name);
  return order != 0 ? order < 0 : a.index < b.index;
}

void HashedElements::Sort(std::vector<Name>& names) {
  if (names.size() < kManyNames) {
    std::ranges::sort(names, IsBefore);
    return;
  }
  // Hashes are spread evenly: a few of them share their first bits.
  const int shift = 64 - static_cast<int>(std::bit_width(names.size() / kNamesTogether));
  std::vector<uint32_t> ends((UINT64_MAX >> shift) + 1);
  for (const Name& name : names) ++ends[name.hash >> shift];
  std::partial_sum(ends.begin(), ends.end(), ends.begin());
  std::vector<uint32_t> places = ends;
  std::vector<Name> sorted(names);
  for (const Name& name : names) sorted[--places[name.hash >> shift]] = name;
  for (size_t i = 0; i < ends.size(); ++i) {
    std::ranges::sort(sorted.begin() + places[i], sorted.begin() + ends[i], IsBefore);
  }
  names = std::move(sorted);
}

std::string HashedElements::SubkeyOf(std::string_view name) {
  std::string subkey;
  AppendBigEndian64(subkey, Hash64(name));
  return subkey.append(name);
}

Result<HashedElements> HashedElements::Of(Transaction& tx, Generation generation,
                                          const Record& record) {
  const TypeTraits& traits = TraitsOf(record.type);
  CHECK(traits.is_hashed && record.owns_object());
  CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(record.payload));
  return HashedElements(tx, generation, object.oid, traits.value_head);
}

Result<Item> HashedElements::ItemOf(std::string_view subkey, std::string_view stored,
                                    std::string_view head) {
  if (subkey.size() < kHashBytes) {
    return Fail(ErrorCode::kCorruption, "an element's key is too short for its hash");
  }
  CW_ASSIGN(const std::string_view value, ValueOf(stored, head));
  return Item{.name = subkey.substr(kHashBytes), .value = value};
}

Result<std::optional<std::string_view>> HashedElements::Get(const Name& name) {
  const HashBytes hash(name.hash);
  CW_ASSIGN(const std::optional<std::string_view> stored,
            elements_.Get({.head = hash.view(), .tail = name.name}));
  if (!stored) return std::nullopt;
  CW_ASSIGN(const std::string_view value, ValueOf(*stored, head_));
  return value;
}

Result<bool> HashedElements::Put(const Name& name, std::string_view value) {
  const HashBytes hash(name.hash);
  return elements_.Replace({.head = hash.view(), .tail = name.name}, head_, value);
}

Result<bool> HashedElements::PutIfAbsent(const Name& name, std::string_view value) {
  CW_ASSIGN(const std::optional<std::string_view> old, Get(name));
  if (!old) PutNew(name, value);
  return old.has_value();
}

void HashedElements::PutNew(const Name& name, std::string_view value) {
  const HashBytes hash(name.hash);
  elements_.Put({.head = hash.view(), .tail = name.name}, head_, value);
}

void HashedElements::Delete(const Name& name) {
  const HashBytes hash(name.hash);
  elements_.Delete({.head = hash.view(), .tail = name.name});
}

// --- walking ---

HashedElements::Walk::Walk(const HashedElements& elements)
    : elements_(elements), walk_(elements.elements_) {}

void HashedElements::Walk::SeekTo(std::string_view position) {
  walk_.SeekTo(position);
  Settle();
}

void HashedElements::Walk::Next() {
  walk_.Next();
  Settle();
}

void HashedElements::Walk::Settle() {
  valid_ = false;
  status_ = walk_.status();
  if (!status_ || !walk_.Valid()) return;
  const std::string_view subkey = walk_.subkey();
  const Result<Item> item = ItemOf(subkey, walk_.value(), elements_.head_);
  if (!item) {
    status_ = std::unexpected(item.error());
    return;
  }
  hash_ = LoadBigEndian64(subkey.data());
  name_ = item->name;
  value_ = item->value;
  valid_ = true;
}

// --- draws ---

HashedElements::Drawing HashedElements::BeginDraw(Random& random) {
  Drawing drawing;
  AppendBigEndian64(drawing.position, random.Next());
  drawing.to_go = random.Below(kNeighbours) + 1;
  return drawing;
}

Result<std::optional<std::pair<std::string, std::string>>> HashedElements::Draw(Drawing& drawing,
                                                                                uint64_t& budget) {
  Walk walk(*this);
  walk.SetBudget(budget);
  walk.SeekTo(drawing.position);
  for (;;) {
    budget = walk.budget();
    if (walk.stopped()) drawing.position = walk.position();
    CW_TRY(walk.status());
    if (walk.Valid()) {
      drawing.is_round = false;
      if (--drawing.to_go == 0)
        return std::pair(std::string(walk.name()), std::string(walk.value()));
      walk.Next();
    } else if (drawing.is_round) {
      return std::nullopt;
    } else {
      drawing.is_round = true;
      walk.SeekToFirst();
    }
  }
}

}  // namespace cordwood::keyspace
