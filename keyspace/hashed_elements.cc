#include "keyspace/hashed_elements.h"

#include "base/coding.h"
#include "base/hash.h"

namespace cordwood::keyspace {
namespace {

constexpr size_t kHashBytes = sizeof(uint64_t);
/// How many neighbours of a random position a draw chooses from.
constexpr uint64_t kNeighbours = 32;
/// Of a hash, for what lies behind a scan's position.
constexpr int kBelowPosition = 12;
constexpr uint64_t kPositions = uint64_t{1} << (64 - kBelowPosition);

std::string Subkey(std::string_view name) {
  std::string subkey;
  AppendBigEndian64(subkey, Hash64(name));
  subkey += name;
  return subkey;
}

}  // namespace

std::string HashedElements::StoreKey(std::string_view name) const { return prefix_ + Subkey(name); }

Result<std::optional<std::string_view>> HashedElements::Get(std::string_view name) {
  const std::string store_key = StoreKey(name);
  if (object_ == Object::kStored) return tx_.Get(store_key);
  const std::optional<Transaction::OwnWrite> own = tx_.FirstWrite(store_key);
  if (!own || own->key != store_key || !own->value) return std::nullopt;
  return own->value;
}

void HashedElements::Put(std::string_view name, std::string_view value) {
  tx_.Put(StoreKey(name), value);
}

void HashedElements::Delete(std::string_view name) { tx_.Delete(StoreKey(name)); }

// --- walking ---

HashedElements::Walk::Walk(HashedElements& elements)
    : prefix_(elements.prefix_), walk_(elements.tx_, PrefixEnd(elements.prefix_)) {}

void HashedElements::Walk::SeekHash(uint64_t hash) {
  std::string at = prefix_;
  AppendBigEndian64(at, hash);
  walk_.Seek(at);
  Settle();
}

void HashedElements::Walk::SeekAfter(std::string_view name) {
  std::string at = prefix_ + Subkey(name);
  at.push_back('\0');
  walk_.Seek(at);
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
  const std::string_view subkey = walk_.key().substr(prefix_.size());
  if (subkey.size() < kHashBytes) {
    status_ = Fail(ErrorCode::kCorruption, "an element's key is too short for its hash");
    return;
  }
  hash_ = LoadBigEndian64(subkey.data());
  name_ = subkey.substr(kHashBytes);
  valid_ = true;
}

// --- scans and draws ---

Result<HashedElements::Page> HashedElements::Scan(uint64_t position, uint64_t count) {
  Page page;
  if (position >= kPositions) return page;
  uint64_t last = 0;
  size_t complete = 0;  // elements before those at the position `last`, which may not be all
  Walk walk(*this);
  for (walk.SeekHash(position << kBelowPosition); walk.Valid(); walk.Next()) {
    const uint64_t here = walk.hash() >> kBelowPosition;
    if (page.elements.empty() || here != last) {
      if (!page.elements.empty() && page.elements.size() >= count) {
        page.next = last + 1;
        return page;
      }
      complete = page.elements.size();
      last = here;
    }
    page.elements.emplace_back(walk.name(), walk.value());
  }
  if (walk.status()) return page;
  if (walk.status().error().code() != ErrorCode::kCold || complete == 0) {
    return std::unexpected(walk.status().error());
  }
  page.elements.resize(complete);
  page.next = last;
  return page;
}

Result<std::optional<std::pair<std::string, std::string>>> HashedElements::Draw(Random& random) {
  Walk walk(*this);
  walk.SeekHash(random.Next());
  for (uint64_t steps = random.Below(kNeighbours) + 1; steps > 0; --steps) {
    if (!walk.Valid()) {
      CW_TRY(walk.status());
      walk.SeekToFirst();
      if (!walk.Valid()) break;
    }
    if (steps > 1) walk.Next();
  }
  if (!walk.Valid()) {
    CW_TRY(walk.status());
    return std::nullopt;
  }
  return std::pair(std::string(walk.name()), std::string(walk.value()));
}

}  // namespace cordwood::keyspace
