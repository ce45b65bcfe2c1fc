#include "storage/table/block_cache.h"

#include <algorithm>
#include <bit>

#include "base/allocated_bytes.h"
#include "base/check.h"
#include "base/mutex.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kShardBytesMin = 16 << 20;
constexpr uint32_t kShardsMax = 64;
/// There are as many hash buckets as blocks, and never fewer than this.
constexpr size_t kBucketsMin = 16;
constexpr uint8_t kChancesMax = 3;
/// Chances that one call takes away before it removes entries regardless, to let go of the lock.
constexpr int kPatience = 32;

uint64_t HashOf(const BlockKey& key) {
  uint64_t hash = (key.file_number * 0x9e3779b97f4a7c15 ^ key.offset) * 0xd6e8feb86659fd93;
  hash ^= hash >> 32;
  return hash * 0xd6e8feb86659fd93;
}

}  // namespace

struct BlockCache::Entry {
  BlockKey key;
  Block block;
  uint64_t hash = 0;
  uint64_t charge = 0;
  Shard* shard = nullptr;        // null: no cache knows of it
  bool leaves_unpinned = false;  // larger than a shard
  /// Becomes 1 from 0 under the shard's lock only; so an entry with 0 may be removed under it.
  std::atomic<uint32_t> pins = 1;
  // Under the shard's lock.
  uint8_t chances = 1;
  bool parked = false;
  Entry* in_bucket = nullptr;  // the next one there
  Entry* before = nullptr;     // around the clock
  Entry* after = nullptr;
};

struct alignas(64) BlockCache::Shard {
  mutable Mutex mutex;
  // Read without the lock by whoever lets a pin go. Changes of `used` and of pins are in one
  // total order with those reads: of an insert and a release at the same time, one sees the other.
  std::atomic<uint64_t> used = 0;
  std::atomic<uint64_t> capacity = 0;
  std::atomic<uint64_t> pinned = 0;
  /// Entries that are not around the clock because the hand met them pinned: if there were many,
  /// every trim would walk past all of them. The last pin brings an entry back. Of a release and a
  /// parking at the same time, one sees the other, as above.
  std::atomic<uint64_t> parked = 0;
  uint64_t passing GUARDED_BY(mutex) = 0;  // bytes of entries that leave unpinned; not in `used`
  std::vector<Entry*> buckets GUARDED_BY(mutex) = std::vector<Entry*>(kBucketsMin);
  Entry* hand GUARDED_BY(mutex) = nullptr;
  Stats stats GUARDED_BY(mutex);

  /// The bucket of a hash. Their number is no power of two: they are split one by one as blocks
  /// come (W. Litwin, "Linear hashing", VLDB 1980), so that memory follows the blocks and no insert
  /// moves all of them.
  size_t BucketOf(uint64_t hash) const REQUIRES(mutex);
  void SplitABucket() REQUIRES(mutex);
  void JoinTheLastBucket() REQUIRES(mutex);
  Entry** Place(const BlockKey& key, uint64_t hash) REQUIRES(mutex);
  Entry* PinFound(Entry* entry) REQUIRES(mutex);
  void Link(Entry* entry) REQUIRES(mutex);
  /// Puts the entry around the clock, behind the hand: the last to be looked at.
  void Join(Entry* entry) REQUIRES(mutex);
  void Leave(Entry* entry) REQUIRES(mutex);
  /// Takes a pinned entry off the clock; false if its last pin went meanwhile.
  bool Park(Entry* entry) REQUIRES(mutex);
  /// Undoes Park, if it was done.
  void Unpark(Entry* entry) REQUIRES(mutex);
  /// Removes the entry and puts it in front of `removed`.
  void Unlink(Entry* entry, Entry** removed) REQUIRES(mutex);
  /// Removes unpinned entries until the rest fits. What it looks at it removes, parks or takes a
  /// chance from: steps that an insert, a pin or a hit each paid for.
  void Trim(Entry** removed) REQUIRES(mutex);
  void SetCapacity(uint64_t bytes, Entry** removed) REQUIRES(mutex);
};

namespace {

/// Frees a list that Unlink made, without the lock.
template <typename Entry>
void Free(Entry* removed) {
  while (removed != nullptr) delete std::exchange(removed, removed->in_bucket);
}

}  // namespace

size_t BlockCache::Shard::BucketOf(uint64_t hash) const {
  const size_t whole = std::bit_floor(buckets.size());
  const size_t bucket = hash & (2 * whole - 1);
  return bucket < buckets.size() ? bucket : bucket - whole;
}

void BlockCache::Shard::SplitABucket() {
  const size_t split = buckets.size() - std::bit_floor(buckets.size());
  Entry* entry = std::exchange(buckets[split], nullptr);
  buckets.push_back(nullptr);
  while (entry != nullptr) {
    Entry*& bucket = buckets[BucketOf(entry->hash)];
    Entry* const next = std::exchange(entry->in_bucket, bucket);
    bucket = std::exchange(entry, next);
  }
}

void BlockCache::Shard::JoinTheLastBucket() {
  Entry* entry = buckets.back();
  buckets.pop_back();
  while (entry != nullptr) {
    Entry*& bucket = buckets[BucketOf(entry->hash)];
    Entry* const next = std::exchange(entry->in_bucket, bucket);
    bucket = std::exchange(entry, next);
  }
}

/// Where the pointer to the entry is, or would be.
BlockCache::Entry** BlockCache::Shard::Place(const BlockKey& key, uint64_t hash) {
  Entry** place = &buckets[BucketOf(hash)];
  while (*place != nullptr && (*place)->key != key) place = &(*place)->in_bucket;
  return place;
}

BlockCache::Entry* BlockCache::Shard::PinFound(Entry* entry) {
  if (entry->pins.fetch_add(1) == 0) pinned += entry->charge;
  if (entry->chances < kChancesMax) ++entry->chances;
  return entry;
}

void BlockCache::Shard::Link(Entry* entry) {
  *Place(entry->key, entry->hash) = entry;
  Join(entry);
  if (entry->leaves_unpinned) {
    passing += entry->charge;
  } else {
    used += entry->charge;
  }
  ++stats.blocks;
  ++stats.inserts;
  if (stats.blocks > buckets.size()) SplitABucket();
}

void BlockCache::Shard::Join(Entry* entry) {
  if (hand == nullptr) {
    hand = entry->before = entry->after = entry;
    return;
  }
  entry->after = hand;
  entry->before = hand->before;
  hand->before->after = entry;
  hand->before = entry;
}

void BlockCache::Shard::Leave(Entry* entry) {
  if (hand == entry) hand = entry->after == entry ? nullptr : entry->after;
  entry->before->after = entry->after;
  entry->after->before = entry->before;
}

bool BlockCache::Shard::Park(Entry* entry) {
  ++parked;
  if (entry->pins == 0) {  // who let go of it may not have seen that it is being parked
    --parked;
    return false;
  }
  Leave(entry);
  entry->parked = true;
  return true;
}

void BlockCache::Shard::Unpark(Entry* entry) {
  if (!entry->parked) return;
  entry->parked = false;
  Join(entry);
  --parked;
}

void BlockCache::Shard::Unlink(Entry* entry, Entry** removed) {
  *Place(entry->key, entry->hash) = entry->in_bucket;
  Leave(entry);
  if (entry->leaves_unpinned) {
    passing -= entry->charge;
  } else {
    used -= entry->charge;
  }
  --stats.blocks;
  ++stats.evictions;
  entry->in_bucket = *removed;
  *removed = entry;
}

void BlockCache::Shard::Trim(Entry** removed) {
  int patience = kPatience;
  while (used > capacity) {
    Entry* entry = hand;
    if (entry == nullptr) return;  // all are pinned
    ++stats.examined;
    if (entry->pins > 0 && Park(entry)) continue;
    hand = entry->after;
    if (entry->chances > 0 && patience > 0) {
      --entry->chances;
      --patience;
    } else {
      Unlink(entry, removed);
    }
  }
}

void BlockCache::Shard::SetCapacity(uint64_t bytes, Entry** removed) {
  capacity = bytes;
  Trim(removed);
  while (buckets.size() > kBucketsMin && buckets.size() / 2 > stats.blocks) JoinTheLastBucket();
  buckets.shrink_to_fit();
}

BlockCache::Pin BlockCache::Pin::Own(Block block) {
  auto* entry = new Entry;
  entry->block = std::move(block);
  return Pin(entry);
}

const Block& BlockCache::Pin::operator*() const { return entry_->block; }

void BlockCache::Pin::Release(Entry* entry) {
  if (entry->shard == nullptr) {
    delete entry;
    return;
  }
  // Once the pin is gone the entry may be, too.
  Shard& shard = *entry->shard;
  const BlockKey key = entry->key;
  const uint64_t hash = entry->hash;
  const uint64_t charge = entry->charge;
  const bool leaves = entry->leaves_unpinned;
  if (entry->pins.fetch_sub(1) != 1) return;
  shard.pinned -= charge;
  if (!leaves && shard.used <= shard.capacity && shard.parked == 0) return;
  Entry* removed = nullptr;
  {
    const MutexLock lock(shard.mutex);
    Entry* present = *shard.Place(key, hash);
    if (present != nullptr && present->pins == 0) {
      shard.Unpark(present);
      if (present->leaves_unpinned) shard.Unlink(present, &removed);
    }
    shard.Trim(&removed);
  }
  Free(removed);
}

BlockCache::BlockCache(uint64_t capacity_bytes, uint32_t shards) {
  if (shards == 0) {
    shards = static_cast<uint32_t>(std::min<uint64_t>(capacity_bytes / kShardBytesMin, kShardsMax));
  }
  shard_count_ = std::bit_floor(std::max(shards, uint32_t{1}));
  shards_ = std::make_unique<Shard[]>(shard_count_);
  SetCapacity(capacity_bytes);
}

BlockCache::~BlockCache() {
  for (uint32_t i = 0; i < shard_count_; ++i) {
    CHECK(shards_[i].pinned == 0 && shards_[i].parked == 0);
    Entry* removed = nullptr;
    while (shards_[i].hand != nullptr) shards_[i].Unlink(shards_[i].hand, &removed);
    Free(removed);
  }
}

BlockCache::Shard& BlockCache::ShardOf(uint64_t hash) const {
  // Buckets are chosen by the lower bits.
  return shards_[(hash >> 48) & (shard_count_ - 1)];
}

BlockCache::Pin BlockCache::Lookup(const BlockKey& key) {
  const uint64_t hash = HashOf(key);
  Shard& shard = ShardOf(hash);
  const MutexLock lock(shard.mutex);
  Entry* entry = *shard.Place(key, hash);
  if (entry == nullptr) {
    ++shard.stats.misses;
    return {};
  }
  ++shard.stats.hits;
  return Pin(shard.PinFound(entry));
}

BlockCache::Pin BlockCache::Insert(const BlockKey& key, Block block) {
  const uint64_t hash = HashOf(key);
  Shard& shard = ShardOf(hash);
  auto entry = std::make_unique<Entry>();
  entry->key = key;
  entry->hash = hash;
  entry->charge = block.memory_bytes() + AllocatedBytes(sizeof(Entry)) + sizeof(Entry*);
  entry->block = std::move(block);
  entry->shard = &shard;
  Entry* removed = nullptr;
  Entry* result = nullptr;
  {
    const MutexLock lock(shard.mutex);
    if (Entry* present = *shard.Place(key, hash); present != nullptr) {
      result = shard.PinFound(present);
    } else {
      result = entry.release();
      result->leaves_unpinned = result->charge > shard.capacity;
      shard.pinned += result->charge;
      shard.Link(result);
      shard.Trim(&removed);
    }
  }
  Free(removed);
  return Pin(result);
}

void BlockCache::SetCapacity(uint64_t capacity_bytes) {
  for (uint32_t i = 0; i < shard_count_; ++i) {
    Entry* removed = nullptr;
    {
      Shard& shard = shards_[i];
      const MutexLock lock(shard.mutex);
      shard.SetCapacity(capacity_bytes / shard_count_, &removed);
    }
    Free(removed);
  }
}

BlockCache::Stats BlockCache::stats() const {
  Stats sum;
  for (uint32_t i = 0; i < shard_count_; ++i) {
    const Shard& shard = shards_[i];
    const MutexLock lock(shard.mutex);
    sum.hits += shard.stats.hits;
    sum.misses += shard.stats.misses;
    sum.inserts += shard.stats.inserts;
    sum.evictions += shard.stats.evictions;
    sum.examined += shard.stats.examined;
    sum.blocks += shard.stats.blocks;
    sum.used_bytes += shard.used + shard.passing;
    sum.pinned_bytes += shard.pinned;
  }
  return sum;
}

}  // namespace cordwood::storage
