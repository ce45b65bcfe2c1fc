#include "keyspace/types/hashed_elements.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "base/coding.h"
#include "base/hash.h"

namespace cordwood::keyspace {
namespace {

constexpr size_t kHashBytes = sizeof(uint64_t);
/// How many neighbours of a random position a draw chooses from.
constexpr uint64_t kNeighbours = 32;
/// So many names are put near their places before they are sorted, with about so many others.
constexpr size_t kManyNames = 1024;
constexpr size_t kNamesTogether = 8;

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

std::string_view HashedElements::StoreKey(const Name& name) {
  store_key_.assign(prefix_);
  AppendBigEndian64(store_key_, name.hash);
  store_key_ += name.name;
  return store_key_;
}

Result<std::optional<std::string_view>> HashedElements::GetAt(std::string_view store_key) {
  if (object_ == Object::kStored) return tx_.Get(store_key);
  const std::optional<Transaction::OwnWrite> own = tx_.FirstWrite(store_key);
  if (!own || own->key != store_key || !own->value) return std::nullopt;
  return own->value;
}

Result<std::string_view> HashedElements::ValueOf(std::string_view stored) const {
  if (stored.starts_with(head_)) return stored.substr(head_.size());
  return Fail(ErrorCode::kCorruption, "an element's value begins with what is not known");
}

Result<std::optional<std::string_view>> HashedElements::Get(const Name& name) {
  CW_ASSIGN(const std::optional<std::string_view> stored, GetAt(StoreKey(name)));
  if (!stored) return std::nullopt;
  CW_ASSIGN(const std::string_view value, ValueOf(*stored));
  return value;
}

Result<bool> HashedElements::Put(const Name& name, std::string_view value) {
  const std::string_view store_key = StoreKey(name);
  CW_ASSIGN(const std::optional<std::string_view> old, GetAt(store_key));
  tx_.PutParts(store_key, head_, value);
  return old.has_value();
}

void HashedElements::PutNew(const Name& name, std::string_view value) {
  tx_.PutParts(StoreKey(name), head_, value);
}

void HashedElements::Delete(const Name& name) { tx_.Delete(StoreKey(name)); }

// --- walking ---

HashedElements::Walk::Walk(HashedElements& elements)
    : elements_(elements), walk_(elements.tx_, PrefixEnd(elements.prefix_)) {}

void HashedElements::Walk::SeekTo(std::string_view position) {
  std::string at = elements_.prefix_;
  at += position;
  walk_.Seek(at);
  Settle();
}

std::string HashedElements::Walk::position() const {
  const size_t prefix = elements_.prefix_.size();
  return valid_ ? std::string(walk_.key().substr(prefix)) : walk_.passed().substr(prefix);
}

void HashedElements::Walk::Next() {
  walk_.Next();
  Settle();
}

void HashedElements::Walk::Settle() {
  valid_ = false;
  status_ = walk_.status();
  if (!status_ || !walk_.Valid()) return;
  const std::string_view subkey = walk_.key().substr(elements_.prefix_.size());
  if (subkey.size() < kHashBytes) {
    status_ = Fail(ErrorCode::kCorruption, "an element's key is too short for its hash");
    return;
  }
  hash_ = LoadBigEndian64(subkey.data());
  name_ = subkey.substr(kHashBytes);
  const Result<std::string_view> value = elements_.ValueOf(walk_.value());
  if (!value) {
    status_ = std::unexpected(value.error());
    return;
  }
  value_ = *value;
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
